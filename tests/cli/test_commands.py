"""The commands, as a person calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import COMMANDS, main

FIVE_MISTAKES = """\
orgs:
  acme:
    region: eu-wst-1
    client_id: abc
sources:
  directory: {select: {ids: [not-a-uuid]}}
  queues: {interval: 10}
rules:
  - name: A
    metric: queue_waitng
    critical: {above: 5}
receivers: {x: {log: true}}
webb: {}
"""


def test_check_says_ok_for_the_shipped_file() -> None:
    """The configuration in the repository is good without any secret at hand."""
    result = CliRunner().invoke(main, ["check", "config/queuewatch.yaml"])
    assert result.exit_code == 0
    assert result.output.endswith("config/queuewatch.yaml: ok\n")


def test_check_names_every_mistake_at_once(tmp_path: Path) -> None:
    """Five different mistakes are five lines with their places, and exit code 2."""
    path = tmp_path / "bad.yaml"
    path.write_text(FIVE_MISTAKES)
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 2
    for place in ("orgs.acme.region", "queues.interval", "ids[0]", "rules[0].metric", "webb"):
        assert place in result.output
    assert "5 mistakes" in result.output


def test_run_refuses_a_bad_file_with_exit_code_2(tmp_path: Path) -> None:
    """`run` gives the same list and does not start."""
    path = tmp_path / "bad.yaml"
    path.write_text(FIVE_MISTAKES)
    result = CliRunner().invoke(main, ["run", "--config", str(path)])
    assert result.exit_code == 2
    assert "queue_waiting" in result.output


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    """`--help` shows how the command is called."""
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert f"queuewatch {name}" in result.output


def test_the_list_of_commands_needs_no_heavy_import() -> None:
    """`queuewatch --help` names every command."""
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert name in result.output
