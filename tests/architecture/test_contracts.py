"""The import contracts of pyproject.toml hold, and each breaks when its fault is planted."""

import shutil
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, run_tool

PLAN = "House plan"
PURE = "Pure rooms: no I/O"
WORLD = "Pure rooms of the simulator"
CORE = "The core never sees settings"
STRANGER = "The simulator is a stranger"
ALONE = "The product stands alone"
STARTERS = "Only the command line and the demo start the simulator"

# One row a fault: the file it is added to, what is added, the contract that must name it.
FAULTS = [
    # neighbours meet
    ("sources/__init__.py", "import monitor.clients", PLAN),
    ("alerts/machine.py", "import monitor.outbox", PLAN),
    ("web/__init__.py", "import monitor.simulator", PLAN),
    ("rules/__init__.py", "import monitor.config", PLAN),
    # upwards
    ("model/__init__.py", "import monitor.rules", PLAN),
    ("kit/__init__.py", "import monitor.ports", PLAN),
    ("exposition/__init__.py", "import monitor.web", PLAN),
    ("board/wall.py", "import monitor.alerts", PLAN),
    # a room nobody planned
    ("helpers/__init__.py", "", PLAN),
    # two modules of one room that need each other
    ("sources/left.py", "import monitor.sources.right", "No cycles inside a room"),
    # a clock, chance, the loop; directly and through somebody else
    ("rules/__init__.py", "import time", PURE),
    ("outbox/retry.py", "import random", PURE),
    ("outbox/forms/slack.py", "import time", PURE),
    ("outbox/dispatching.py", "import structlog", PURE),
    ("alerts/retiring.py", "import time", PURE),
    ("board/standing.py", "import time", PURE),
    ("model/__init__.py", "import monitor.kit.tasks", PURE),
    ("clients/platform/decode/wire.py", "import logging", PURE),
    ("clients/guides/decode/wire.py", "import random", PURE),
    ("sources/scoring.py", "import time", PURE),
    ("simulator/world.py", "import time", WORLD),
    ("simulator/centre.py", "import monitor.kit.tasks", WORLD),
    ("alerts/machine.py", "import monitor.proving", PLAN),
    # the product needs what is made of it
    ("model/catalogue/__init__.py", "import deploy.grafana", ALONE),
    ("config/schema.py", "import docs.generating", ALONE),
    ("proving/__init__.py", "import tests.builders", ALONE),
    # dialects meet
    ("clients/guides/__init__.py", "import monitor.clients.platform", "Dialects are independent"),
    # one-off rooms beside the sources
    ("reports/__init__.py", "import monitor.sources", PLAN),
    ("checkup/__init__.py", "import monitor.clients", PLAN),
    # settings in the core
    ("alerts/__init__.py", "import monitor.config", CORE),
    ("sinks/mqtt/sink.py", "import monitor.config", CORE),
    # the simulator knows us, or we know it
    ("simulator/world.py", "import monitor.model", STRANGER),
    ("simulator/__init__.py", "import monitor.clients.tokens", STRANGER),
    ("app/running.py", "import monitor.simulator", STARTERS),
    # a library through another door
    ("sources/__init__.py", "import httpx", "One door: httpx"),
    ("kit/clock.py", "import httpx", "One door: httpx"),
    ("outbox/__init__.py", "import aiomqtt", "One door: MQTT"),
    ("app/running.py", "from paho.mqtt import client", "One door: MQTT"),
    ("store/__init__.py", "import sqlite3", "One door: sqlite3"),
    ("app/running.py", "import pydantic", "One door: pydantic and yaml"),
    ("cli/__init__.py", "import yaml", "One door: pydantic and yaml"),
    ("store/sqlite/schema.py", "import msgspec", "One door: msgspec"),
    ("outbox/worker.py", "import jinja2", "One door: Jinja"),
    ("web/access.py", "import bcrypt", "One door: bcrypt"),
    ("sinks/ping.py", "import smtplib", "One door: e-mail"),
    ("app/running.py", "import uvicorn", "One door: uvicorn"),
    ("cli/__init__.py", "import starlette.requests", "One door: starlette"),
    ("config/loading.py", "import holidays", "One door: holidays"),
    ("web/__init__.py", "import prometheus_client", "One door: prometheus_client"),
]


def check(root: Path) -> tuple[int, str]:
    """The contracts' verdict on a tree, every line of the report on one line."""
    code, report = run_tool("lint-imports", "--no-cache", cwd=root)
    return code, " ".join(report.split())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package with its contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "monitor", tmp_path / "monitor", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "monitor/sources/right.py").write_text("import monitor.sources.left\n")
    (tmp_path / "monitor/sources/left.py").write_text("")
    return tmp_path


def test_contracts_hold():
    """Nobody imports what the house plan forbids."""
    code, report = run_tool("lint-imports", "--no-cache")
    assert code == 0, report


def test_copy_without_a_fault_passes(copy: Path):
    """The copy that faults are planted in passes without one."""
    code, report = check(copy)
    assert code == 0, report


@pytest.mark.parametrize(("where", "line", "contract"), FAULTS)
def test_planted_fault_breaks_its_contract(copy: Path, where: str, line: str, contract: str):
    """A forbidden import makes the check fail, and the report names the contract."""
    module = copy / "monitor" / where
    if where != "helpers/__init__.py":
        assert module.exists(), f"{where} is gone: plant this fault elsewhere"
    module.parent.mkdir(exist_ok=True)
    with module.open("a") as file:
        file.write(f"\n{line}\n")
    code, report = check(copy)
    assert code == 1, report
    broken = report.split("Broken contracts", 1)[1]
    assert contract in broken
