"""Does what somebody asks for from outside: takes an alert, asks for quiet, or ends a quiet.

What may not happen: an answer that nothing was done where it will be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from monitor.alerts.manager import AlertManager
from monitor.alerts.muting import sweeping
from monitor.kit.text import clean
from monitor.model.errors import StoreError
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from monitor.sinks.mqtt.commands import Command


async def obey(manager: AlertManager, command: Command, now: datetime) -> str:
    """Do it; return the problem, or nothing."""
    try:
        match command.action:
            case "acknowledge":
                taken = await manager.acknowledge(
                    command.org, command.rule, command.entity,
                    owner=command.owner, note=command.note, until=command.until,
                )  # fmt: skip
                return "" if taken else "no such alert fires"
            case "silence":
                return await _begin(manager, command, now)
            case _:
                return await _end(manager, _name(command.org, command.silence), now)
    except StoreError as error:
        return str(error)


async def _begin(manager: AlertManager, command: Command, now: datetime) -> str:
    if command.until is None:
        return "a silence needs an end"
    problem = _unfit(command)
    if problem:
        return problem
    # Whoever may write to an org's topic silences that org and no other.
    matchers = {**command.matchers, "org": command.org}
    await manager.silence(
        Silence(
            id=_name(command.org, command.id),
            matchers=_matchers(matchers),
            starts_at=now,
            ends_at=command.until,
            owner=command.owner,
            comment=command.note,
        )
    )
    return ""


def _unfit(command: Command) -> str:
    """Return why nobody can have meant the matchers, or nothing."""
    for label, glob in command.matchers.items():
        if clean(glob, len(glob)) != glob:
            return f"matchers: {label} has blanks or characters that no name has"
    if not fnmatchcase(command.org, command.matchers.get("org", "*")):
        return "matchers: org is not the topic's"
    if sweeping(_matchers(command.matchers)):
        return 'matchers: they fit everything there is: name something, or say so with "rule": "*"'
    return ""


def _matchers(said: Mapping[str, str]) -> tuple[Matcher, ...]:
    return tuple(Matcher(label=label, globs=(glob,)) for label, glob in said.items())


def _name(org: str, id: str) -> str:
    """Return the id of a silence asked for in `org`: no two orgs share one."""
    return f"{org}/{id}"


async def _end(manager: AlertManager, name: str, now: datetime) -> str:
    found = next((one for one in manager.silences if one.id == name), None)
    if found is None or not found.active(now):
        return "there is no such silence"
    await manager.silence(replace(found, ends_at=now))
    return ""
