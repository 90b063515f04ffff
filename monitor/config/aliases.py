"""The integration guides' environment variables (GENESYS_CLIENT_ID, …): they fill what is still open.

The weakest word of all: the file and `QUEUEWATCH_…` come first. Several orgs that leave one thing open
are a mistake: the variables name no org.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitor.config import places
from monitor.config.environment import put, text_of, variable
from monitor.config.reading import Data
from monitor.config.report import Report, Trail

CLIENT_ID = ("GENESYS_CLIENT_ID", "GENESYS_CLOUD_CLIENT_ID")
CLIENT_SECRET = ("GENESYS_CLIENT_SECRET", "GENESYS_CLOUD_CLIENT_SECRET")
PLACE = ("GENESYS_ORG_URL", "GENESYS_API_HOST", "GENESYS_ENVIRONMENT", "GENESYS_CLOUD_REGION")
QUEUES = ("GENESYS_QUEUE_IDS", "GENESYS_CLOUD_QUEUE_ID")
WEBHOOK = ("BI_WEBHOOK_URL",)
"""GENESYS_START_DATE and GENESYS_END_DATE belong to reports: they say nothing here."""

DEFAULT_ORG = "default"
"""The org that exists when the file has no `orgs` and the variables hold credentials."""

Way = tuple[str, ...]
"""The keys from an org to one of its parts."""

_PLACES: tuple[Way, ...] = (("region",), ("api_url",), ("login_url",))
_SELECT: Way = ("sources", "directory", "select")
_EVALUATIONS: Way = ("sources", "strategies")


def found(data: dict[str, Data], environ: Mapping[str, str]) -> None:
    """Make the org `default` if the file names none and the variables hold credentials."""
    if data.get("orgs") is None and any(
        environ.get(name, "").strip() for name in (*CLIENT_ID, *CLIENT_SECRET)
    ):
        data["orgs"] = {DEFAULT_ORG: {}}


def fill(data: dict[str, Data], environ: Mapping[str, str], report: Report) -> None:
    """Fill in the credentials, places, queue ids and the BI webhook that `data` leaves open."""
    for key, names in (("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)):
        given = _one(names, environ, report)
        if given is not None:
            _set(data, report, given[0], ((key,), (f"{key}_file",)), {(key,): given[1]})
    _fill_place(data, environ, report)
    _fill_queues(data, environ, report)
    _fill_webhook(data, environ, report)


def _fill_place(data: dict[str, Data], environ: Mapping[str, str], report: Report) -> None:
    derived: dict[str, tuple[str, str]] = {}
    for name, text in _given(PLACE, environ, report).items():
        try:
            derived[name] = places.derive(text.strip())
        except places.Unusable as error:
            report.blame(name, error.problem, error.hint)
            return
    if len(set(derived.values())) > 1:
        report.blame(" and ".join(derived), "name different places", "keep one")
    elif derived:
        name, (api, login) = next(iter(derived.items()))
        _set(data, report, name, _PLACES, {("api_url",): api, ("login_url",): login})


def _fill_queues(data: dict[str, Data], environ: Mapping[str, str], report: Report) -> None:
    given = _given(QUEUES, environ, report)
    ids: list[Data] = [part.strip() for text in given.values() for part in text.split(",") if part.strip()]
    if ids and not _at(data, _SELECT):
        _set(data, report, " and ".join(given), (_SELECT,), {(*_SELECT, "ids"): ids})


def _fill_webhook(data: dict[str, Data], environ: Mapping[str, str], report: Report) -> None:
    """Set the webhook that all orgs share: there is one place where evaluations go."""
    given = _one(WEBHOOK, environ, report)
    shared = _at(data, _EVALUATIONS)
    taken = isinstance(shared, dict) and (shared.get("webhook_url") or shared.get("webhook_url_file"))
    if given is not None and not taken:
        trail: Trail = (*_EVALUATIONS, "webhook_url")
        report.variables[trail] = given[0]
        put(data, trail, given[1])


def _set(
    data: dict[str, Data], report: Report, name: str, openings: tuple[Way, ...], values: Mapping[Way, Data]
) -> None:
    """Set `values` in the one org where none of `openings` is given."""
    orgs = data.get("orgs")
    known = orgs if isinstance(orgs, dict) else {}
    fit = [org for org, part in known.items() if part is None or isinstance(part, dict)]
    able = [org for org in fit if not any(_at(known[org], way) for way in openings)]
    if len(able) > 1:
        example = variable(("orgs", able[0], *next(iter(values))))
        report.blame(name, f"could be meant for each of {', '.join(able[:5])}", f"write {example}")
    elif able:
        for way, value in values.items():
            trail: Trail = ("orgs", able[0], *way)
            report.variables[trail] = name
            put(data, trail, value)


def _at(data: Data, way: Way) -> Data:
    for key in way:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _given(names: tuple[str, ...], environ: Mapping[str, str], report: Report) -> dict[str, str]:
    """Return those of `names` that are set to something."""
    given: dict[str, str] = {}
    for name in names:
        text = text_of(environ.get(name, ""))
        if text is None:
            report.blame(name, "holds a character that is not text")
        elif text.strip():
            given[name] = text
    return given


def _one(names: tuple[str, ...], environ: Mapping[str, str], report: Report) -> tuple[str, str] | None:
    """Return the variable that is set, and its text; two that differ are a mistake."""
    given = _given(names, environ, report)
    if len(set(given.values())) > 1:
        report.blame(" and ".join(given), "differ", "keep one")
        return None
    return next(iter(given.items()), None)
