"""The line a daemon begins with: what is watched, who is told, and where it can be looked at. Pure."""

from __future__ import annotations

from monitor import __version__
from monitor.app import asking
from monitor.kit import durations
from monitor.model.settings import Settings


def greeting(settings: Settings) -> dict[str, object]:
    """Return the fields of the line: no secret, and nothing that has to be looked up elsewhere."""
    web = settings.web
    scheme = "http" if web.access.tls is None else "https"
    host = f"[{web.host}]" if ":" in web.host else web.host
    return {
        "version": __version__,
        "instance": settings.instance,
        "listen": f"{scheme}://{host}:{web.port}",
        "guarded": web.access.guarded,
        "orgs": {
            org.name: {name: durations.show(pace.interval) for name, pace in asking.paces(org).items()}
            for org in settings.orgs
        },
        "rules": len(settings.rules),
        "destinations": [one.name for one in settings.destinations],
        "store": settings.store_path,
    }
