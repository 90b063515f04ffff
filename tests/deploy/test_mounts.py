"""What the compose file mounts, held against what its programs look for and may write."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.deploy.compose import DEPLOY, FILE, OURS, SERVICES, each, part
from tests.deploy.dockerfile import read

_IMAGE = read(DEPLOY.parent / "Dockerfile")[1][-1]
KEEPING = {
    **dict.fromkeys(OURS, (_IMAGE.one("USER").text, _IMAGE.one("VOLUME").text)),
    "mosquitto": ("1883:1883", "/mosquitto/data"),
    "prometheus": ("65534:65534", "/prometheus"),
    "alertmanager": ("65534:65534", "/alertmanager"),
    "grafana": ("472:0", "/var/lib/grafana"),
}
"""Who each image runs as, and the folder that this user owns there: a new volume takes its owner over."""


@each
def test_what_is_mounted_is_there(name: str) -> None:
    """Files of the checkout, read-only and never made by the engine; volumes that are declared."""
    declared = yaml.safe_load(FILE.read_text())["volumes"]
    for mount in SERVICES[name].get("volumes", []):
        if mount["type"] == "volume":
            assert mount["source"] in declared
        else:
            source = DEPLOY / mount["source"]
            assert source.exists(), source
            assert source.is_file() == bool(Path(mount["target"]).suffix)
            assert mount["read_only"] is True
            assert mount["bind"] == {"create_host_path": False}


@each
def test_every_path_is_a_mount(name: str) -> None:
    """What is named to a program is mounted there, and what it keeps goes where its user may write."""
    mounts = SERVICES[name].get("volumes", [])
    given, kept = ({one["target"] for one in mounts if one["type"] == kind} for kind in ("bind", "volume"))
    passing = set(SERVICES[name].get("tmpfs", []))
    assert kept <= {KEEPING[name][1]} <= kept | passing
    named = paths(name)
    assert [path for path in named if not below(path, given | kept | passing)] == []
    assert [place for place in given if not any(below(path, {place}) for path in named)] == []


@each
def test_a_container_runs_as_who_owns_what_it_keeps(name: str) -> None:
    """A user that is not root, as its image has it."""
    assert SERVICES[name]["user"] == KEEPING[name][0]


def below(path: str, places: set[str]) -> bool:
    """Whether a path is one of these, or in one of them."""
    return any(Path(path).is_relative_to(place) for place in places)


def paths(name: str) -> set[str]:
    """What a container is told of files: by its words, its variables, and what it is configured with."""
    service = SERVICES[name]
    words = [*service.get("entrypoint", [""])[1:], *service.get("command", [])]
    words += service.get("environment", {}).values()
    if name == "queuewatch":
        words += [text for key, text in _IMAGE.env().items() if re.search("CONFIG|STATE", key)]
    if name == "mosquitto":
        words = words[1:] + re.findall(
            r"(?m)^\w+ (/.*)$", (DEPLOY / "compose" / "mosquitto.conf").read_text()
        )
    if name == "prometheus":
        words += part("prometheus.yml")["rule_files"]
    if name == "grafana":
        provider = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/queuewatch.yaml").read_text())
        words += [one["options"]["path"] for one in provider["providers"]]
        # It looks into these by itself.
        words += [f"/etc/grafana/provisioning/{kind}" for kind in ("dashboards", "datasources")]
    values = (str(word).partition("=")[2] or str(word) for word in words)
    return {text for text in values if text.startswith("/")}
