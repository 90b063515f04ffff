"""The checkers pass on the tree, and catch what the house forbids."""

from pathlib import Path

import pytest

from tests.architecture.house import ROOT, run_tool

MYPY = ("mypy", "--cache-dir", str(ROOT / ".cache" / "mypy-tests"))

# One row a fault: the rule that must name it, and the code.
FAULTS = [
    ("TID251", "import time\n\nx = time.time()\n"),
    ("TID251", "from time import monotonic\n\nx = monotonic()\n"),
    ("TID251", "import datetime\n\nx = datetime.datetime.now(datetime.UTC)\n"),
    ("TID251", "from datetime import datetime\n\nx = datetime.utcnow()\n"),
    ("TID251", "import asyncio\n\nx = asyncio.create_task(y())\n"),
    ("TID251", "import asyncio\n\nx = asyncio.ensure_future(y())\n"),
    ("TID251", "import asyncio\n\nx = asyncio.gather(y())\n"),
    ("TID251", "import asyncio\n\nx = asyncio.wait_for(y(), 1)\n"),
    ("RUF006", "import asyncio\n\n\nasync def f():\n    asyncio.create_task(f())\n"),
    ("ASYNC251", "import time\n\n\nasync def f():\n    time.sleep(1)\n"),
    ("BLE001", "try:\n    f()\nexcept Exception:\n    g()\n"),
    ("S110", "try:\n    f()\nexcept Exception:\n    pass\n"),
    ("DTZ005", "import datetime\n\nx = datetime.datetime.now()\n"),
    ("G004", 'import logging\n\nlogging.getLogger(__name__).info(f"{1}")\n'),
    ("LOG015", 'import logging\n\nlogging.info("x")\n'),
    ("C901", "def f(x):\n" + "".join(f"    if x == {n}:\n        g()\n" for n in range(11))),
    ("PLR0915", "def f():\n" + "    g()\n" * 41),
    ("TID252", "from . import x\n"),
]


def test_ruff_finds_nothing():
    """The linter has no complaint."""
    code, report = run_tool("ruff", "check", ".")
    assert code == 0, report


def test_everything_is_formatted():
    """The formatter would change nothing."""
    code, report = run_tool("ruff", "format", "--check", ".")
    assert code == 0, report


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_types_hold():
    """The type checker, strict, has no complaint."""
    code, report = run_tool(*MYPY)
    assert code == 0, report


@pytest.mark.parametrize(("rule", "code"), FAULTS)
def test_ruff_catches(rule: str, code: str):
    """What the house forbids is named by its rule, in any room but kit."""
    exit_code, report = run_tool(
        "ruff",
        "check",
        "--output-format=concise",
        "--stdin-filename=monitor/sources/planted.py",
        "-",
        text=code,
    )
    assert exit_code == 1
    assert f" {rule} " in report


def test_kit_may_ask_the_clock():
    """The banned calls are allowed in kit, where their replacements are made."""
    _, report = run_tool(
        "ruff",
        "check",
        "--output-format=concise",
        "--stdin-filename=monitor/kit/planted.py",
        "-",
        text="import time\n\nx = time.time()\n",
    )
    assert "TID251" not in report


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("complaint", "code"),
    [
        ("[no-untyped-def]", "def f(x): return x"),
        ("[assignment]", "x: int = 'a'"),
        ("[type-arg]", "x: list = []"),
    ],
)
def test_mypy_catches(tmp_path: Path, complaint: str, code: str):
    """Strictness is on: a function without types, a wrong one and a bare generic are errors."""
    planted = tmp_path / "planted.py"
    planted.write_text(code + "\n")
    exit_code, report = run_tool(*MYPY, str(planted))
    assert exit_code == 1, report
    assert complaint in report
