"""Which alert is meant by what somebody typed: its id, its name, or a part that only it has."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from monitor.cli.daemon import Daemon, Said, line
from monitor.cli.drawing import name
from monitor.model.errors import MonitorError

ID = "alr_"
"""How the id of an alert begins."""


async def meant(daemon: Daemon, text: str, *, org: str | None = None, fires: bool = False) -> Said:
    """Return the explanation of the one alert that `text` means. Raises MonitorError where it is several.

    Of several, those that are not over are meant; with `fires`, those that fire.
    """
    if text.startswith(ID):
        opened = await daemon.get(f"/api/v1/alerts/{quote(text, safe='')}")
        explained: Said = opened["explanation"]
        return explained
    found: Sequence[Said] = (await daemon.get("/api/v1/explain", alert=text))["alerts"]
    found = [one for one in found if org in {None, one["org"]}]
    if len(found) > 1:
        wanted = {"firing"} if fires else {"firing", "pending"}
        found = [one for one in found if one["state"] in wanted] or found
    if not found:
        raise MonitorError(f"there is no alert {line(text)!r} of {line(org)}")
    if len(found) > 1:
        idle = fires and not any(one["state"] == "firing" for one in found)
        problem = "none of these fires" if idle else f"{line(text)!r} is in several names; say one of"
        names = "\n".join(f"  {name(one)} ({line(one['org'])}, {line(one['state'])})" for one in found)
        raise MonitorError(f"{problem}\n{names}")
    return found[0]
