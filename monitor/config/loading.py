"""Loads a configuration: every mistake at once, or the settings to run with."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from monitor.config import aliases, environment, reading
from monitor.config.calendars import calendars
from monitor.config.complaints import shape
from monitor.config.credentials import Vault, banish
from monitor.config.orgs import org
from monitor.config.places import listen, loopback
from monitor.config.reach import reach
from monitor.config.receivers import destinations
from monitor.config.report import Report
from monitor.config.rules import rules
from monitor.config.schema import ConfigPart, WebPart
from monitor.model.settings import LogSettings, Settings, WebSettings

STATE = "STATE_DIRECTORY"
"""Where systemd lets a service keep its state: one folder, or several with colons (systemd.exec(5))."""

EVALUATIONS = "queuewatch-evaluations.jsonl"
"""The file, beside the store, that gets one audit record per evaluation of routing strategies."""


def load(path: Path, environ: Mapping[str, str], *, require_secrets: bool = True) -> Settings:
    """Return the settings that the file at `path` and the variables in `environ` make.

    Without `require_secrets`, credentials that are not there yet are empty (`describe` says so).

    Raises:
        ConfigError: with every mistake that was found; a secret is in none of them.
    """
    report = Report(file=str(path))
    data = reading.read(path, report)
    if not isinstance(data, dict):
        if data is not None or not report.mistakes:
            report.add((), "should be a mapping", "lines of the form key: value")
        report.close()
        data = {}
    banish(data, report)
    aliases.found(data, environ)
    environment.overlay(data, environ, report)
    aliases.fill(data, environ, report)
    if not data.get("orgs"):
        report.add(("orgs",), "is missing: there is nothing to watch", "name one org and its region")
    part, numbers = shape(data, report)
    whole = not report.touches("orgs", "sources")
    vault = Vault(folder=path.parent, report=report, required=require_secrets)
    settings = _settings(part, numbers, environ, vault, whole=whole)
    report.close()
    return settings


def _settings(
    part: ConfigPart, numbers: list[int], environ: Mapping[str, str], vault: Vault, *, whole: bool
) -> Settings:
    """Build the settings; with mistakes in the report they are no good, but every check has run.

    Without `whole`, some of the orgs' words were left out, and rules are not held against what they ask.
    """
    store = _kept(part.store.path, environ)
    audit = partial(_audit, store, environ)
    orgs = tuple(org(name, each, part.sources, vault, audit) for name, each in part.orgs.items())
    built = rules(part.rules, numbers, vault.report)
    if whole:
        reach(built, orgs, vault.report)
    return Settings(
        instance=part.instance or _instance(),
        orgs=orgs,
        rules=tuple(built.values()),
        calendars=calendars(part.calendars, vault.report),
        destinations=tuple(
            way for name, each in part.receivers.items() for way in destinations(name, each, vault)
        ),
        store_path=store,
        web=_web(part.web, vault.report),
        log=LogSettings(level=part.log.level, style=part.log.style),
    )


def _web(part: WebPart, report: Report) -> WebSettings:
    host, port = listen(part.listen)
    if not (loopback(host) or part.insecure_listen):
        problem = "would be open to other machines, without TLS and password"
        report.add(
            ("web", "listen"), problem, "listen on 127.0.0.1 behind a proxy, or write insecure_listen: true"
        )
    return WebSettings(
        host=host,
        port=port,
        queue_name=part.queue_name,
        series_cap=part.series_cap,
        idle_ratio=part.idle_ratio,
    )


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
