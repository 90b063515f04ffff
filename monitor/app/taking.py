"""What a reload takes over of a configuration, what waits for a restart, and what is said of both. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from monitor.app.pacing import repaced, told
from monitor.config.waiting import waits
from monitor.model.rule import Rule
from monitor.model.settings import Settings

SECTIONS = ("routes", "inhibitions", "calendars")
"""Settings that a reload takes over as a whole; calendars are parts of the rules and routes."""

_KEYS = {"destinations": "receivers", "store_path": "store.path", "retention": "store.journal"}
"""What people write for settings that are called otherwise here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """The settings to go on with, and what of those that are wanted they are not, by name."""

    settings: Settings
    untaken: tuple[str, ...]


def takeover(running: Settings, wanted: Settings) -> Takeover:
    """Return what to go on with.

    A rule that would judge what nobody asks for yet stays what it is, or out if it is new: taken over, it
    would end what fires by the old one, and see nothing itself.
    """
    rules, waiting = _rules(running, wanted)
    settings = replace(
        running, rules=rules, routes=wanted.routes, inhibitions=wanted.inhibitions,
        calendars=wanted.calendars, orgs=repaced(running.orgs, wanted.orgs),
    )  # fmt: skip
    return Takeover(settings=settings, untaken=(*_rest(settings, wanted), *waiting))


def changed(before: Settings, after: Settings) -> dict[str, list[str]]:
    """Return what a reload swapped, by kind; a kind of which there is nothing is left out."""
    found = {
        **_compared({rule.name: rule for rule in before.rules}, {rule.name: rule for rule in after.rules}),
        "sections": [name for name in SECTIONS if getattr(before, name) != getattr(after, name)],
        "intervals": list(told(before.orgs, after.orgs)),
    }
    return {kind: names for kind, names in found.items() if names}


def _rules(running: Settings, wanted: Settings) -> tuple[tuple[Rule, ...], list[str]]:
    """Return the rules to go on with, and for each that has to wait what it waits for."""
    before = {rule.name: rule for rule in running.rules}
    taken: list[Rule] = []
    waiting: list[str] = []
    for rule in wanted.rules:
        old = before.get(rule.name)
        lacking = () if rule == old else waits(rule, running, wanted)
        if lacking:
            waiting.append(f"rules.{rule.name}: waits for {', '.join(lacking)}")
        taken += [rule] if not lacking else [old] if old is not None else []
    return tuple(taken), waiting


def _compared(before: dict[str, Rule], after: dict[str, Rule]) -> dict[str, list[str]]:
    """Return which rules came, went and are not what they were, by name."""
    return {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "altered": sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
    }


def _rest(running: Settings, wanted: Settings) -> Iterator[str]:
    """Yield what is not as it is wanted, by the keys people write; an org by its own name.

    Rules have words of their own. Who may ask us is taken over by whoever watches that file.
    """
    wanted = replace(wanted, web=replace(wanted.web, access=running.web.access))
    for one in fields(Settings):
        if one.name not in {"orgs", "rules"} and getattr(running, one.name) != getattr(wanted, one.name):
            yield _KEYS.get(one.name, one.name)
    here, there = ({org.name: org for org in settings.orgs} for settings in (running, wanted))
    yield from (f"orgs.{name}" for name in {**here, **there} if here.get(name) != there.get(name))
