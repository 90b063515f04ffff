"""Loads a configuration: every mistake at once, or the settings to run with."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from monitor.config import aliases, environment, reading
from monitor.config.addressing import Receivers
from monitor.config.admission import GUARD, admitted, exposed
from monitor.config.calendars import calendars
from monitor.config.complaints import shape
from monitor.config.credentials import Vault, banish
from monitor.config.including import include
from monitor.config.inhibitions import inhibitions
from monitor.config.orgs import org
from monitor.config.places import listen, loopback
from monitor.config.pulse import heartbeat
from monitor.config.questions import SelectPart
from monitor.config.reach import members, reach
from monitor.config.receivers import destinations
from monitor.config.report import Report
from monitor.config.routes import Planner
from monitor.config.rules import Calendars, rules
from monitor.config.schema import ConfigPart, WebPart
from monitor.config.vocabulary import vocabulary
from monitor.model.calendars import Calendar
from monitor.model.rule import Rule
from monitor.model.settings import LogSettings, Settings, WebAccess, WebSettings
from monitor.model.virtual import VirtualQueue

STATE = "STATE_DIRECTORY"
"""Where systemd lets a service keep its state: one folder, or several with colons (systemd.exec(5))."""

EVALUATIONS = "queuewatch-evaluations.jsonl"
"""The file, beside the store, that gets one audit record per evaluation of routing strategies."""

_ALONE = {"rules", "rule_files", "calendars"}
"""What of a configuration its rules need."""


def load(path: Path, environ: Mapping[str, str], *, require_secrets: bool = True) -> Settings:
    """Return the settings that the file at `path` and the variables in `environ` make.

    Without `require_secrets`, credentials that are not there yet are empty (`describe` says so).

    Raises:
        ConfigError: with every mistake that was found; a secret is in none of them.
    """
    report = Report(file=str(path))
    data = _mapping(path, report)
    banish(data, report)
    include(data, environ, path.parent, report)
    aliases.found(data, environ)
    environment.overlay(data, environ, report)
    aliases.fill(data, environ, report)
    if not data.get("orgs"):
        report.add(("orgs",), "is missing: there is nothing to watch", "name one org and its region")
    named = {section: _named(data, section) for section in ("calendars", "receivers", "orgs")}
    part, numbers = shape(data, report)
    vault = Vault(folder=path.parent, report=report, required=require_secrets)
    settings = _settings(part, numbers, named, environ, vault)
    report.close()
    return settings


def rule_file(path: Path, shared: Mapping[str, Calendar] | None = None) -> tuple[Rule, ...]:
    """Return the rules of the file at `path` alone: one of `rule_files`, or a whole configuration.

    Its own `calendars` may be named, and the `shared` ones. What orgs are asked is not looked at.

    Raises:
        ConfigError: with every mistake that was found.
    """
    report = Report(file=str(path))
    data = _mapping(path, report)
    for key in ConfigPart.model_fields.keys() - _ALONE:
        data.pop(key, None)
    include(data, {}, path.parent, report)
    named = {*_named(data, "calendars"), *(shared or {})}
    part, numbers = shape(data, report)
    known = {**(shared or {}), **calendars(part.calendars, report)}
    built = rules(part.rules, numbers, Calendars(built=known, named=named), report)
    report.close()
    return tuple(each.rule for each in built.values())


def _mapping(path: Path, report: Report) -> dict[str, reading.Data]:
    """Return the data of the file. Raises ConfigError if it has no keys at all to look at."""
    data = reading.read(path, report)
    if isinstance(data, dict):
        return data
    if data is not None or not report.mistakes:
        report.add((), "should be a mapping", "lines of the form key: value")
    report.close()
    return {}


def _named(data: Mapping[str, reading.Data], key: str) -> tuple[str, ...]:
    """Return the names of all entries of a section that are written, right or wrong."""
    section = data.get(key)
    return tuple(section) if isinstance(section, dict) else ()


def _settings(
    part: ConfigPart,
    numbers: list[int],
    named: Mapping[str, tuple[str, ...]],
    environ: Mapping[str, str],
    vault: Vault,
) -> Settings:
    """Build the settings; with mistakes in the report they are no good, but every check has run.

    Where some of the orgs' words were left out, rules are not held against what they ask.
    """
    report = vault.report
    whole = not report.touches("orgs", "sources")
    store = _kept(part.store.path, environ)
    audit = partial(_audit, store, environ)
    orgs = tuple(org(name, each, part.sources, vault, audit) for name, each in part.orgs.items())
    opened = Calendars(built=calendars(part.calendars, report), named=named["calendars"])
    words = vocabulary(part.rules, named["orgs"], report)
    built = rules(part.rules, numbers, opened, report)
    if whole:
        reach(built, orgs, report)
    if not report.touches("virtual_queues"):
        members(built, part.virtual_queues, report)
    told = Receivers(
        built={name: tuple(destinations(name, each, vault)) for name, each in part.receivers.items()},
        named=named["receivers"],
    )
    planner = Planner(receivers=told, calendars=opened, vocabulary=words, report=report)
    return Settings(
        instance=part.instance or _instance(),
        orgs=orgs,
        rules=tuple(each.rule for each in built.values()),
        calendars=opened.built,
        inhibitions=inhibitions(part.inhibitions, words, report),
        virtual_queues=tuple(_virtual(name, each) for name, each in part.virtual_queues.items()),
        destinations=tuple(way for ways in told.built.values() for way in ways),
        store_path=store,
        web=_web(part.web, vault),
        log=LogSettings(level=part.log.level, style=part.log.style),
        routes=planner.plan(part.routes),
        heartbeat=heartbeat(part.heartbeat, told, report),
        retention=part.store.journal,
    )


def _virtual(name: str, part: SelectPart) -> VirtualQueue:
    return VirtualQueue(
        name=name, ids=tuple(part.ids), names=tuple(part.names), divisions=tuple(part.divisions)
    )


def _web(part: WebPart, vault: Vault) -> WebSettings:
    host, port = listen(part.listen)
    file, access = admitted(part.config_file, vault)
    if access is not None:
        _closed(host, part, access, vault.report)
    return WebSettings(
        host=host,
        port=port,
        queue_name=part.queue_name,
        series_cap=part.series_cap,
        idle_ratio=part.idle_ratio,
        external_url=(part.external_url or "").rstrip("/"),
        operate=part.operate,
        access_file=file,
        access=access or WebAccess(),
    )


def _closed(host: str, part: WebPart, access: WebAccess, report: Report) -> None:
    """Refuse what other machines could do without anybody having said that they may."""
    problem = exposed(host, access)
    if problem and not part.insecure_listen:
        report.add(("web", "listen"), problem, f"{GUARD}, or write insecure_listen: true")
    if part.operate and not (loopback(host) or access.guarded):
        problem = "would let whoever reaches us change things, from other machines too"
        report.add(("web", "operate"), problem, "give users scopes in web.config_file")


def _kept(path: str, environ: Mapping[str, str]) -> str:
    """Return where something is kept: a relative path starts at systemd's state folder if there is one."""
    folder = environ.get(STATE, "").split(":")[0]
    return str(Path(folder) / path) if folder else path


def _audit(store: str, environ: Mapping[str, str], path: str | None) -> str:
    """Return where evaluations are recorded: beside the store, if nothing else is said."""
    return str(Path(store).with_name(EVALUATIONS)) if path is None else _kept(path, environ)


def _instance() -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", socket.gethostname()).strip("-")
    return name[:64] or "queuewatch"
