"""Whoever reads a file in earnest, asked whether it is good: one function for each kind of file.

In: the path of a file. Out: what is wrong with it, in words. ConfigError where our own reader finds mistakes.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import kubernetes_validate
import yaml

from monitor.config.loading import load, rule_file
from tests.servers.programs import require_program

_KUSTOMIZATION = {
    *("apiVersion", "kind", "namespace", "namePrefix", "nameSuffix", "resources", "components", "patches"),
    *("images", "configMapGenerator", "secretGenerator", "generatorOptions", "labels", "replicas"),
    *("commonAnnotations", "commonLabels", "patchesStrategicMerge", "patchesJson6902", "replacements"),
}
Reader = Callable[[Path], Iterator[str]]


def _queuewatch(path: Path) -> Iterator[str]:
    """Without its secrets, as `queuewatch check` reads it."""
    load(path, {}, require_secrets=False)
    yield from ()


def _web(path: Path) -> Iterator[str]:
    """Beside a configuration that names it."""
    beside = path.with_name(f"beside-{path.name}")
    beside.write_text(f"orgs: {{acme: {{region: eu-west-1}}}}\nweb: {{config_file: {path.name}}}\n")
    load(beside, {}, require_secrets=False)
    yield from ()


def _rules(path: Path) -> Iterator[str]:
    """Alone, as one of `rule_files`."""
    rule_file(path)
    yield from ()


def _tool(program: str, package: str, *arguments: str) -> Reader:
    """Return the reader that a program is: what it says where it refuses."""

    def ask(path: Path) -> Iterator[str]:
        found = require_program(program, package=package)
        done = subprocess.run([found, *arguments, str(path)], capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{done.stdout}{done.stderr}".strip()

    return ask


def _kubernetes(path: Path) -> Iterator[str]:
    """By the schemas of Kubernetes; objects of others need a kind and a name."""
    for one in yaml.safe_load_all(path.read_text()):
        try:
            kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            if not one.get("kind") or not one.get("metadata", {}).get("name"):
                yield f"an object without kind or name: {one}"
        except kubernetes_validate.ValidationError as error:
            yield str(error.message)


def _kustomization(path: Path) -> Iterator[str]:
    """By its keys: kubectl alone knows more, and needs the files that are named."""
    unknown = yaml.safe_load(path.read_text()).keys() - _KUSTOMIZATION
    yield from (f"no key {key} of a kustomization" for key in sorted(unknown))


BY_NAME: Mapping[str, Reader] = {
    "queuewatch.yaml": _queuewatch,
    "web.yaml": _web,
    "rules": _rules,
    "prometheus.yml": _tool("promtool", "prometheus", "check", "config", "--syntax-only"),
    "rules.yml": _tool("promtool", "prometheus", "check", "rules"),
    "alertmanager.yml": _tool("amtool", "prometheus-alertmanager", "check-config"),
    "kubernetes": _kubernetes,
    "kustomization.yaml": _kustomization,
}
"""By the name of the file; `rules` is one of ours, `rules.yml` one of Prometheus's."""
