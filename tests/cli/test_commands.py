"""The commands, as a person calls them."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from monitor.cli import COMMANDS, main
from tests.web.making import Site, a_history, a_try, served

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


def every(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every command with the words that lead to it, groups included."""
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from every(inner, (*words, name))


ALL = [words for words in every(main) if words]
ENDLESS = {("run",), ("completion",)}
"""Commands that print no result: a daemon, whose log is JSON, and a script."""


def helped(*words: str) -> str:
    """Return what --help says."""
    result = CliRunner().invoke(main, [*words, "--help"], terminal_width=400, max_content_width=400)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    """`--help` shows how the command is called, in a paragraph of its own."""
    (example,) = [line for line in helped(*words).splitlines() if line.startswith("  Example: ")]
    assert example.startswith(f"  Example: queuewatch {' '.join(words)}")


@pytest.mark.parametrize("words", sorted({*ALL} - ENDLESS), ids=" ".join)
def test_every_command_speaks_json(words: tuple[str, ...]) -> None:
    """There is --json, and it means the same everywhere; groups have it below."""
    text = helped(*words)
    assert ("--json" in text) is not ("COMMAND [ARGS]" in text)
    assert "COMMAND [ARGS]" in text or "Print JSON, for programs." in text


def test_an_example_is_a_command_that_is_understood() -> None:
    """Its words lead to a command, and its options are that command's."""
    for words in ALL:
        (example,) = [line for line in helped(*words).splitlines() if line.startswith("  Example: ")]
        assert known(example.removeprefix("  Example: queuewatch ")), example


def known(text: str) -> bool:
    """Say whether what is typed behind `queuewatch` is a command with options that it has."""
    typed = shlex.split(text)
    found = max((one for one in ALL if tuple(typed[: len(one)]) == one), key=len, default=None)
    return found is not None and all(
        word.partition("=")[0] in helped(*found) for word in typed if word.startswith("--")
    )


def test_the_documents_show_commands_that_there_are() -> None:
    """Every command is named in docs/commands.md, and so is every code."""
    text = Path("docs/commands.md").read_text()
    assert [name for name in COMMANDS if f"`{name}" not in text] == []
    codes = re.findall(r"^\| (\d+) \|", text, re.MULTILINE)
    assert [code for code in codes if f"  {code} " not in helped()] == []
    assert len(codes) == 5


def test_the_list_of_commands_needs_no_heavy_import() -> None:
    """`queuewatch --help` names every command, and what each exit code means."""
    text = helped()
    for name in COMMANDS:
        assert name in text
    codes = [line.split()[0] for line in text.partition("Exit codes:")[2].splitlines() if line.strip()]
    assert codes == ["0", "1", "2", "3", "130"]


@pytest.mark.parametrize("colour", [True, False])
def test_colours_can_be_taken_away(colour: bool) -> None:
    """NO_COLOR is obeyed by what click prints as by what rich does."""
    site = Site(journal=[a_history(a_try())])
    with served(site.app()) as url:
        environ = {"QUEUEWATCH_URL": url, "NO_COLOR": "" if colour else "1"}
        done = CliRunner().invoke(main, ["history"], env=environ, color=True)
    assert ("\x1b[" in done.output) is colour


@pytest.mark.parametrize("name", ["", ".queues", ".alerts", ".outbox", ".history", ".status"])
def test_a_command_that_asks_a_daemon_is_there_at_once(name: str) -> None:
    """It imports neither the rooms it has no use for nor their libraries."""
    heavy = ["monitor.app", "monitor.config", "pydantic", "aiomqtt", "jinja2", "starlette", "sqlite3"]
    look = f"import sys, monitor.cli{name}; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_check_as_json(tmp_path: Path) -> None:
    """What it would do, or every mistake with its place; the exit code is the same."""
    good = CliRunner().invoke(main, ["check", "config/queuewatch.yaml", "--json"])
    said = json.loads(good.stdout)
    assert (good.exit_code, said["ok"], said["mistakes"]) == (0, True, [])
    assert (
        said["lines"]
        == CliRunner().invoke(main, ["check", "config/queuewatch.yaml"]).stdout.splitlines()[:-1]
    )
    path = tmp_path / "bad.yaml"
    path.write_text(FIVE_MISTAKES)
    bad = CliRunner().invoke(main, ["check", str(path), "--json"])
    said = json.loads(bad.stdout)
    assert (bad.exit_code, bad.stderr, said["ok"], said["lines"]) == (2, "", False, [])
    assert len(said["mistakes"]) == 5
    assert {"file", "path", "problem", "hint", "line"} == set(said["mistakes"][0])


async def test_the_simulator_says_as_json_where_it_listens() -> None:
    """One line, before the first request comes."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "simulate", "--port", "0", "--queues", "3", "--json"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            said = json.loads(await process.stdout.readline())
    finally:
        process.terminate()
        await process.communicate()
    assert said["url"].startswith("http://127.0.0.1:")
    assert (said["queues"], said["scenario"], said["seed"]) == (3, "steady", 1)
