"""`queuewatch completion`, and what the shells then ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import COMMANDS, main


def completed(*words: str) -> list[str]:
    """Return what bash is offered for the last of these words."""
    environ = {
        **os.environ,
        "_QUEUEWATCH_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("queuewatch", *words)),
        "COMP_CWORD": str(len(words)),
    }
    call = "from monitor.cli import main; main(prog_name='queuewatch')"
    done = subprocess.run(
        [sys.executable, "-c", call], env=environ, capture_output=True, text=True, check=True
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["si"], ["silence", "simulate"]),
        (["silence", ""], ["add", "end", "list"]),
        (["completion", "z"], ["zsh"]),
        (["queues", "--state", "c"], ["critical"]),
        (["alerts", "--tok"], ["--token-file"]),
        (["--ver"], ["--version"]),
    ],
)
def test_words_are_completed(words: list[str], offered: list[str]) -> None:
    """Commands, their own commands, options and choices."""
    assert completed(*words) == offered


def test_every_command_is_offered_without_importing_it() -> None:
    """A shell waits for the answer at every press of the key."""
    assert completed("") == list(COMMANDS)
    look = (
        "import sys, click; from monitor.cli import main;"
        "items = main.shell_complete(click.Context(main), '');"
        "print(len(items), [one for one in sys.modules if one.startswith('monitor.cli.')])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(COMMANDS)} []\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell: str) -> None:
    """It calls the command by its name."""
    done = CliRunner().invoke(main, ["completion", shell], prog_name="queuewatch")
    assert done.exit_code == 0
    assert "_QUEUEWATCH_COMPLETE" in done.stdout
    assert "queuewatch" in done.stdout


def test_another_shell_is_not_known() -> None:
    """Exit code 2, with those there are."""
    done = CliRunner().invoke(main, ["completion", "tcsh"])
    assert done.exit_code == 2
    assert "bash" in done.stderr


def test_bash_completes(tmp_path: Path) -> None:
    """The script works in a real bash, which then asks the command on the path."""
    bash = shutil.which("bash")
    assert bash is not None
    command = tmp_path / "queuewatch"
    command.write_text(f"#!{sys.executable}\nfrom monitor.cli import main\nmain(prog_name='queuewatch')\n")
    command.chmod(0o755)
    script = (
        'eval "$(queuewatch completion bash)"; COMP_WORDS=(queuewatch outb); COMP_CWORD=1;'
        "_queuewatch_completion queuewatch; echo ${COMPREPLY[@]}"
    )
    environ = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path.cwd()),
    }
    done = subprocess.run([bash, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("outbox\n", "")
