"""The shipped configurations of Prometheus and Alertmanager, made to fit one machine and a test's patience.

Nothing else is changed, and the rules not at all: what holds here holds for whoever takes the files as they
are.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.rulefiles import PROMETHEUS, ROOT

DEPLOY = ROOT / "deploy"
_OFTEN, _LOOKS = "1s", "2s"
"""How often rules are judged and alerts told, and how often Prometheus looks; a look may take as long."""
_TWINS = ("one.example:9877", "two.example:9877")
"""What two daemons that watch the same would be called."""


def prometheus_settings(target: str, alertmanager: str = "") -> dict[str, Any]:
    """Prometheus's shipped configuration for this target; without Alertmanager nobody is told."""
    shipped: dict[str, Any] = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    shipped["global"] |= {"scrape_interval": _LOOKS, "scrape_timeout": _LOOKS, "evaluation_interval": _OFTEN}
    shipped["rule_files"] = [str(PROMETHEUS / pattern) for pattern in shipped["rule_files"]]
    places = {"queuewatch": target, "alertmanager": alertmanager}
    for scrape in shipped["scrape_configs"]:
        scrape |= {"scrape_interval": _LOOKS, "scrape_timeout": _LOOKS}
        scrape["static_configs"][0]["targets"] = [places[scrape["job_name"]]]
    (told,) = shipped["alerting"]["alertmanagers"]
    told["static_configs"] = [{"targets": [alertmanager] if alertmanager else []}]
    return shipped


def twins(target: str) -> dict[str, Any]:
    """The same, where the target is scraped as if it were two daemons that watch the same."""
    settings = prometheus_settings(target)
    (scrape,) = (one for one in settings["scrape_configs"] if one["job_name"] == "queuewatch")
    (place,) = scrape["static_configs"]
    labels = place.get("labels", {})
    scrape["static_configs"] = [
        {"targets": [target], "labels": {**labels, "instance": name}} for name in _TWINS
    ]
    settings["scrape_configs"] = [scrape]
    return settings


def alertmanager_settings(folder: Path, hook: str) -> dict[str, Any]:
    """Alertmanager's shipped configuration: every address is below `hook`, and it gathers for a second."""
    shipped: dict[str, Any] = yaml.safe_load((DEPLOY / "alertmanager" / "alertmanager.yml").read_text())
    shipped["templates"] = [str(DEPLOY / "alertmanager" / one) for one in shipped.get("templates", ())]
    for node in _mappings(shipped):
        for key, value in node.items():
            node[key] = _moved(key, value, folder, hook)
    return shipped


def _moved(key: str, value: Any, folder: Path, hook: str) -> Any:
    if key in {"group_wait", "group_interval"}:
        return _OFTEN
    if key.endswith("_file"):
        secret = folder / key
        secret.write_text(f"{hook}/{key}" if key.endswith("url_file") else "secret")
        return str(secret)
    if key.endswith("url") and str(value).startswith(("http://", "https://")):
        return f"{hook}/told"
    return value


def _mappings(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a tree, the outer before the inner."""
    if isinstance(node, dict):
        yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _mappings(below)
