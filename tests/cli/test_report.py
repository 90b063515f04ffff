"""`queuewatch report`, as a person calls it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from monitor.cli import main
from monitor.cli.showing import bar
from monitor.simulator.faults import Hang, Status
from monitor.simulator.server import Running
from tests.cli.calling import SECRET, Done, call, config, minutes_ago, simulating

NOBODY = "http://127.0.0.1:9"
"""Nothing listens on the discard port."""
DAYS = ("--from", "2026-11-01", "--to", "2026-11-02")
SLA = ("report", "sla", *DAYS, "--threshold", "30s")


def refused(folder: Path, *arguments: str, **org: Any) -> str:
    """Return the one line with which a command refuses its input."""
    environ = {"QUEUEWATCH_ORGS__ACME__CLIENT_SECRET": SECRET}
    path = config(folder, NOBODY, **org)
    result = CliRunner().invoke(main, [*arguments, "--config", str(path)], env=environ)
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    return result.output


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV text by heading."""
    return list(csv.DictReader(io.StringIO(text)))


async def sla(running: Running, folder: Path, *arguments: str, **org: Any) -> Done:
    """Report on the last hours but the newest, so that two calls see the same."""
    path = config(folder, running.url, **org)
    span = ("--from", minutes_ago(150), "--to", minutes_ago(40))
    return await call("report", "sla", *span, "--threshold", "30s", "--config", path, *arguments)


async def test_service_levels_agree_in_both_dialects(tmp_path: Path) -> None:
    """The guides' rows are the platform's of the same definition: parts, percentage and total."""
    async with simulating() as running:
        platform = await sla(running, tmp_path, "--csv", "-")
        guides = await sla(running, tmp_path, "--csv", "-", dialect="guides")
    assert (platform.code, guides.code, platform.err, guides.err) == (0, 0, "", "")
    answered = [row for row in rows(platform.out) if row["definition"] == "answered"]
    assert answered == rows(guides.out)
    total = answered[-1]
    assert (total["queue_id"], total["queue"]) == ("", "total")
    assert sum(float(row["of"]) for row in answered[:-1]) == float(total["of"]) > 0
    assert total["percentage"] == f"{float(total['answered_within']) / float(total['of']) * 100:.2f}"


async def test_a_chosen_queue_is_shown_as_json_and_table(tmp_path: Path) -> None:
    """--queue takes a name with wildcards; --json has figures, the table names; a file is there too."""
    file = tmp_path / "sla.csv"
    async with simulating() as running:
        parsed = (await sla(running, tmp_path, "--queue", "Support V*", "--json")).json
        shown = await sla(running, tmp_path, "--queue", "Support V*", "--csv", str(file))
    assert {level["queue"] for level in parsed["levels"]} == {"Support Voice"}
    assert {level["definition"] for level in parsed["totals"]} == {"answered", "genesys"}
    assert parsed["unknown"] == []
    assert "Support Voice" in shown.out
    assert {row["queue"] for row in rows(file.read_text())} == {"Support Voice", "total"}


async def test_a_queue_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """A pattern that matches no visible queue ends it with exit code 2."""
    async with simulating() as running:
        done = await sla(running, tmp_path, "--queue", "Nobody*")
    assert (done.code, done.out) == (2, "")
    assert done.err == "Error: --queue: 'Nobody*' is no visible queue's id or name\n"


async def test_agents_are_written_as_the_guides_want(tmp_path: Path) -> None:
    """The columns exactly, sorted, capped, without names; dates may come from the environment."""
    file = tmp_path / "agents.csv"
    async with simulating() as running:
        done = await call(
            *("report", "agents", "--csv", file, "--active-only", "--config", config(tmp_path, running.url)),
            GENESYS_START_DATE=minutes_ago(150),
            GENESYS_END_DATE=minutes_ago(30),
        )
    found = rows(file.read_text())
    assert (done.code, done.out) == (0, "")
    assert done.err == f"{len(found)} rows written to {file}\n"
    assert list(found[0]) == [
        "timestamp", "user_id", "user_name", "t_handle_sec", "t_acw_sec", "t_hold_sec", "total_active_sec",
        "utilization_pct",
    ]  # fmt: skip
    keys = [(row["user_id"], row["timestamp"]) for row in found]
    assert keys == sorted(keys)
    assert len({user for user, _ in keys}) > 1
    for row in found:
        parts = sum(float(row[name]) for name in ("t_handle_sec", "t_acw_sec", "t_hold_sec"))
        active = float(row["total_active_sec"])
        assert parts == pytest.approx(active, abs=0.002)
        assert float(row["utilization_pct"]) == pytest.approx(min(active / 18, 100), abs=0.006)
        assert row["user_name"] == ""


async def test_names_come_when_asked_for(tmp_path: Path) -> None:
    """--names fills user_name; - is standard output with nothing else on it."""
    async with simulating() as running:
        done = await call(
            *(
                "report",
                "agents",
                "--from",
                minutes_ago(90),
                "--to",
                minutes_ago(30),
                "--csv",
                "-",
                "--names",
            ),
            *("--config", config(tmp_path, running.url)),
        )
    assert done.err == ""
    assert all(row["user_name"] for row in rows(done.out))


async def test_agents_as_json(tmp_path: Path) -> None:
    """The rows of the CSV file, figures as figures, alone or beside the file."""
    async with simulating() as running:
        words = ("report", "agents", "--from", minutes_ago(90), "--to", minutes_ago(30))
        path, file = config(tmp_path, running.url), tmp_path / "agents.csv"
        done = await call(*words, "--json", "--csv", file, "--config", path)
    assert (done.code, done.json["org"], done.json["bucket"]) == (0, "acme", 1800.0)
    assert done.err == f"{len(done.json['agents'])} rows written to {file}\n"
    for said, row in zip(done.json["agents"], rows(file.read_text()), strict=True):
        assert list(said) == list(row)
        assert float(row["utilization_pct"]) == said["utilization_pct"]
        assert (said["user_id"], said["timestamp"]) == (row["user_id"], row["timestamp"])


def test_a_report_has_to_go_somewhere(tmp_path: Path) -> None:
    """A file, standard output or JSON; standard output is not for both."""
    agents = ("report", "agents", *DAYS)
    assert refused(tmp_path, *agents).startswith("Error: --csv: is missing (name a file")
    for words in ((*agents, "--json", "--csv", "-"), (*SLA, "--json", "--csv", "-")):
        assert refused(tmp_path, *words) == "Error: --json: cannot share standard output with --csv -\n"


async def test_an_error_on_the_way_leaves_no_file(tmp_path: Path) -> None:
    """A refusal is one line and exit code 1, and the folder holds nothing but the configuration."""
    async with simulating() as running:
        path = config(tmp_path, running.url, dialect="guides")
        running.faults.add("details", Status(status=403))
        done = await call(
            *("report", "agents", "--from", minutes_ago(90), "--to", minutes_ago(30)),
            *("--csv", tmp_path / "agents.csv", "--config", path),
        )
    assert done.code == 1
    assert done.err.startswith("Error: POST /api/v2/analytics/conversations/details/query answers 403")
    assert "analytics:conversation:read" in done.err
    assert done.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [path]


async def test_ctrl_c_ends_it_at_once_without_a_file(tmp_path: Path) -> None:
    """While the platform does not answer, SIGINT ends the command as a shell expects, and no part is left."""
    async with simulating() as running:
        path = config(tmp_path, running.url)
        running.faults.add("aggregates", Hang())
        done = await call(
            *("report", "agents", "--from", minutes_ago(90), "--to", minutes_ago(30)),
            *("--csv", tmp_path / "agents.csv", "--config", path),
            interrupt=lambda: _until_asked(running),
        )
    assert (done.code, done.out, done.err) == (130, "", "interrupted\n")
    assert list(tmp_path.iterdir()) == [path]


async def _until_asked(running: Running) -> None:
    """Wait until the command has its token: its first question is then on the way."""
    async with asyncio.timeout(30):
        while not running.faults.count("token"):
            await asyncio.sleep(0.05)


def test_an_unknown_org_is_told_which_there_are(tmp_path: Path) -> None:
    """The names are in the one line."""
    assert refused(tmp_path, *SLA, "--org", "acne") == (
        "Error: --org: there is no organisation 'acne' (there is acme)\n"
    )


def test_several_orgs_have_to_be_chosen_from(tmp_path: Path) -> None:
    """Without --org no org is taken at random, and the names are in the one line."""
    path = config(tmp_path, NOBODY)
    whole = json.loads(path.read_text())
    whole["orgs"]["globex"] = whole["orgs"]["acme"]
    path.write_text(json.dumps(whole))
    environ = {f"QUEUEWATCH_ORGS__{name}__CLIENT_SECRET": SECRET for name in ("ACME", "GLOBEX")}
    result = CliRunner().invoke(main, [*SLA, "--config", str(path)], env=environ)
    assert (result.exit_code, result.output) == (
        2, "Error: --org: is missing: there are several organisations (acme, globex)\n"
    )  # fmt: skip


def test_what_is_no_date_is_one_line(tmp_path: Path) -> None:
    """The line shows how to write it."""
    said = refused(tmp_path, "report", "sla", "--from", "monday", "--to", "2026-11-02", "--threshold", "1s")
    assert said.startswith("Error: --from, --to: 'monday' is not a date; write 2026-11-01")


def test_a_broken_bucket_is_one_line(tmp_path: Path) -> None:
    """A day is no whole number of seven hours."""
    said = refused(tmp_path, "report", "agents", *DAYS, "--csv", "-", "--bucket", "7h")
    assert said == "Error: --bucket: the time from start to end is not a whole number of buckets\n"


def test_json_and_csv_do_not_mix(tmp_path: Path) -> None:
    """Standard output holds one or the other."""
    assert "--csv -" in refused(tmp_path, *SLA, "--csv", "-", "--json")


def test_a_folder_that_is_not_there_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    """Nobody listens, and yet the error is about the file."""
    path, file = config(tmp_path, NOBODY), tmp_path / "nowhere" / "sla.csv"
    environ = {"QUEUEWATCH_ORGS__ACME__CLIENT_SECRET": SECRET}
    result = CliRunner().invoke(main, [*SLA, "--csv", str(file), "--config", str(path)], env=environ)
    assert (result.exit_code, result.output) == (
        1, f"Error: cannot write {file}: No such file or directory\n"
    )  # fmt: skip


@pytest.mark.parametrize("watched", [True, False])
def test_the_bar_is_for_terminals_only(watched: bool) -> None:
    """Where standard error is a file, not a byte of the bar is in it."""
    file = io.StringIO()
    with bar(Console(file=file, force_terminal=watched)) as steps:
        steps.begin(3)
        steps.advance()
    assert ("1/3" in file.getvalue()) is watched


def test_a_terminal_that_cannot_draw_gets_no_bar() -> None:
    """Not even the empty line that a bar would leave behind."""
    file = io.StringIO()
    with bar(Console(file=file, force_terminal=True, _environ={"TERM": "dumb"})) as steps:
        steps.begin(3)
        steps.advance()
    assert file.getvalue() == ""
