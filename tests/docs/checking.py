"""Holds YAML of the documents against what it is written for: our own reader, promtool, amtool, schemas.

In: a block of YAML. Out: what is wrong with it, in words. A whole file is checked as it stands, a fragment of
ours in the smallest configuration that has the names it speaks of. Files that stand above it are there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from monitor.config.reading import Data, read
from monitor.config.report import Report
from monitor.model.errors import ConfigError
from tests.docs import readers
from tests.docs.examples import ROOT, Block
from tests.kit.authority import Authority

AROUND: dict[str, Data] = {
    "orgs": {"acme": {"region": "eu-west-1"}},
    "sources": {
        "service_level": {"windows": ["5m", "15m", "30m"], "thresholds": ["20s", "30s", "60s"]},
        **{name: {"enabled": True} for name in ("agents", "workitems", "strategies")},
    },
    "calendars": {"business_hours": {"timezone": "Europe/Paris", "hours": {"mon-fri": "08:00-18:00"}}},
    "virtual_queues": {"support": {"names": ["Support*"]}},
    "rules": [
        {
            "name": "QueueWaitingHigh",
            "metric": "queue_waiting",
            "warning": {"above": 10},
            "critical": {"above": 20},
        },
        {
            "name": "ServiceLevelLow",
            "metric": "service_level_ratio",
            "warning": {"below": 0.8},
            "critical": {"below": 0.6},
        },
    ],
    "receivers": {
        "desk": {"log": True, "slack": {"url_file": "slack"}},
        **{name: {"log": True} for name in ("oncall", "lead", "systems", "lamps")},
    },
}
"""What a fragment of queuewatch.yaml stands in."""

_GUARDED = """\
tls_server_config: {cert_file: server.crt, key_file: server.key}
basic_auth_users: {kim: $2y$10$fzOlhhdTYqNtRp5M.UDJz.Ah9Ek34OGjrCEjC4EDmQJzqPLnWnYTC}
"""
"""The web configuration file of a page that makes its own in a terminal."""
_FILES = ("server.crt", "server.key", "clients.crt", "ca.crt")
_INSTALLED = ("/etc/queuewatch/", "/run/secrets/queuewatch/", "/run/secrets/queuewatch-web/")
"""Where an installed service has its files; a check has them beside the configuration."""


class Checker:
    """Checks blocks, in folders of their own below the one given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._page: tuple[str, Path] = ("", folder)
        authority = Authority(folder)
        identity = authority.issue("localhost")
        self._certificates = dict(
            zip(_FILES, (identity.certificate, identity.key, authority.file, authority.file), strict=True)
        )

    def problems(self, block: Block) -> Iterator[str]:
        """Yield what is wrong with a block of YAML."""
        named, _, under = block.marks.get("part of", block.file).partition(": ")
        kind = _kind(named)
        if "not checked" in block.marks:
            list(yaml.parse(block.text))
        elif kind not in readers.BY_NAME:
            yield f"nobody knows how to check {named or 'it'}: name it in the first line, or mark it"
        else:
            folder = self._place(block.page)
            path = folder / (f"part-{block.line}.yaml" if "part of" in block.marks else Path(named).name)
            text = block.text
            for installed in _INSTALLED:
                text = text.replace(installed, "")
            path.write_text(text, encoding="utf-8")
            try:
                if "part of" in block.marks:
                    _complete(path, kind, under)
                yield from readers.BY_NAME[kind](path)
            except ConfigError as error:
                yield from map(str, error.details)

    def _place(self, page: str) -> Path:
        """Return the folder of a page: the certificates that it speaks of, and our rules."""
        if self._page[0] != page:
            folder = self._folder / page.replace("/", "-")
            folder.mkdir()
            for name, path in self._certificates.items():
                shutil.copy(path, folder / name)
            shutil.copytree(ROOT / "config", folder / "config")
            (folder / "rules").symlink_to("config/rules")
            (folder / "web.yaml").write_text(_GUARDED, encoding="utf-8")
            self._page = (page, folder)
        return self._page[1]


def _kind(named: str) -> str:
    """Return what checks a file of that name."""
    path = Path(named)
    if path.parent.name == "rules" and path.suffix == ".yaml":
        return "rules"
    return path.name


def _complete(path: Path, kind: str, under: str) -> None:
    """Put a fragment where it belongs, in a file that is otherwise as small as can be."""
    data = _data(path)
    for key in reversed(under.split(".") if under else []):
        data = {key: data}
    if not isinstance(data, dict):
        raise TypeError(f"{path.name} is no mapping: say what it stands under")
    if kind == "queuewatch.yaml":
        data = _merged(AROUND, data)
    elif kind == "alertmanager.yml":
        data = {"route": {"receiver": "none"}, **data}
        data["receivers"] = [{"name": "none"}, *data.get("receivers", [])]
    path.write_text(json.dumps(data), encoding="utf-8")


def _data(path: Path) -> Any:
    """Return the data of a file, read as strictly as our own reader does."""
    report = Report(file=path.name)
    data = read(path, report)
    report.close()
    return data


def _merged(around: Data, data: Data) -> Data:
    """Return the one within the other: mappings are joined, everything else is the fragment's."""
    if not isinstance(around, dict) or not isinstance(data, dict):
        return data
    return {**around, **{key: _merged(around.get(key), value) for key, value in data.items()}}
