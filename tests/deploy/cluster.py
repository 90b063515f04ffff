"""What `kubectl kustomize` makes of a folder, and questions that one asks of it. No cluster is needed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.programs import require_program

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
KINDS = ("base", "overlays/demo", "overlays/production")
_OLDEST = (4,)
"""The kustomize of kubectl 1.21: the first that takes folders as resources."""


@dataclass(frozen=True)
class Cluster:
    """The objects that were rendered."""

    objects: Sequence[Mapping[str, Any]]

    def all(self, kind: str) -> list[Mapping[str, Any]]:
        """Those of a kind."""
        return [one for one in self.objects if one["kind"] == kind]

    def one(self, kind: str, name: str = "queuewatch") -> Mapping[str, Any]:
        """The one of a kind and name."""
        (found,) = (one for one in self.all(kind) if one["metadata"]["name"] == name)
        return found

    @property
    def pod(self) -> Mapping[str, Any]:
        """What the Deployment makes pods of."""
        template: Mapping[str, Any] = self.one("Deployment")["spec"]["template"]
        return template

    @property
    def daemon(self) -> Mapping[str, Any]:
        """The container that watches."""
        return self.container("queuewatch")

    def container(self, name: str) -> Mapping[str, Any]:
        """A container of the pod."""
        (found,) = (one for one in self.pod["spec"]["containers"] if one["name"] == name)
        return dict(found)

    @property
    def configuration(self) -> str:
        """The text of queuewatch.yaml."""
        return str(self.one("ConfigMap")["data"]["queuewatch.yaml"])

    def mount(self, volume: str) -> str:
        """Where a volume is in the daemon's container."""
        (path,) = (one["mountPath"] for one in self.daemon["volumeMounts"] if one["name"] == volume)
        return str(path)

    def mounted(self) -> Iterator[tuple[str, str, str]]:
        """Secrets' files of the pod: path in the container, the Secret's name, its key ("" for every key)."""
        places = {one["name"]: one["mountPath"] for one in self.daemon["volumeMounts"]}
        for volume in self.pod["spec"]["volumes"]:
            place = places[volume["name"]]
            if "secret" in volume:
                yield place, volume["secret"]["secretName"], ""
            for source in volume.get("projected", {}).get("sources", ()):
                for item in source["secret"]["items"]:
                    yield f"{place}/{item['path']}", source["secret"]["name"], item["key"]


def kubectl() -> str:
    """The program's path; one too old for what is written here is as good as none."""
    program = require_program("kubectl", package="kubernetes-client")
    told = subprocess.run(
        [program, "version", "--client", "-o", "json"], capture_output=True, text=True, check=True
    )
    version = json.loads(told.stdout).get("kustomizeVersion", "v2.0.3")
    if tuple(int(part) for part in re.findall(r"\d+", version)) >= _OLDEST:
        return program
    missing = f"{program} has kustomize {version}, which knows no folders as resources: kubectl 1.21 or newer"
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


@cache
def rendered(kind: str) -> Cluster:
    """What a folder renders to; complaints are errors."""
    done = subprocess.run(
        [kubectl(), "kustomize", str(FOLDER / kind)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return Cluster(tuple(yaml.safe_load_all(done.stdout)))


def secrets() -> dict[tuple[str, str], set[str]]:
    """The README's list of Secrets: who wants each by name and key."""
    row = re.compile(r"^\| `([\w-]+)` \| `([\w.-]+)` \|[^|]*\| ([\w, ]+) \|$", re.MULTILINE)
    rows = row.findall((FOLDER / "README.md").read_text())
    return {(name, key): {word.strip() for word in who.split(",")} for name, key, who in rows}


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a selector of labels chooses what has these; an empty one chooses everything."""
    assert selector.keys() <= {"matchLabels"}
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()


def sample(name: str) -> str:
    """A file that the README shows."""
    (text,) = re.findall(rf"```yaml\n(# {name}.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    return str(text)
