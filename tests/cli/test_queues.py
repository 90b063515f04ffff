"""`queuewatch queues`, as a person calls it, against a daemon that listens."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console
from rich.table import Table

from monitor.cli import drawing
from monitor.cli.sparks import sparks
from monitor.model.board import MediaLine, QueueLine
from tests.builders import EPOCH
from tests.cli.watching import Watched, a_level, a_queue, a_source
from tests.web.api.desk import Desk, an_alert
from tests.web.making import HOSTILE

IDLE = a_level(idle=True, ratio=None, met=0.0, offered=0.0)


def calm(name: str) -> QueueLine:
    """Return a queue where nothing happens."""
    return a_queue(name, waiting=0.0, interacting=0.0, longest_wait=None, level=IDLE)


def printed(table: Table, width: int) -> str:
    """Return what is printed on so many columns."""
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(table)
    return console.export_text()


def rows(text: str) -> list[list[str]]:
    """Return the cells of a printed table."""
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]


def test_the_worst_comes_first() -> None:
    """State, level with its parts, target, who waits how long, who is there, and why."""
    site = Watched(Desk([an_alert("Sales")]), [calm("Night"), a_queue("Sales"), a_queue("Support")])
    done = site.call("queues")
    assert (done.exit_code, done.stderr) == (0, "")
    first, second, third = rows(done.stdout)
    assert first[:-1] == [
        "critical", "Sales", "70.8 %", "34 of 48 in 20 s, 15m", "80 %", "12", "3 m 20 s", "4", "1",
    ]  # fmt: skip
    assert first[-1].startswith("ServiceLevelLow ")
    assert (second[0], second[-1]) == ("below", "")
    assert third[:8] == ["idle", "Night", "idle", "in 20 s, 15m", "80 %", "0", "", "4"]


def test_what_is_not_known_is_a_question_mark() -> None:
    """Never a nought, and old figures say how old they are."""
    unknown = a_queue(waiting=None, longest_wait=None, agents_on_queue=None, level=None)
    site = Watched(lines=[unknown, a_queue("Old", org="other")])
    site.sources = [a_source(), a_source(org="other", stale=True, observed_at=EPOCH - timedelta(minutes=5))]
    done = site.call("queues", "--sort", "name", "--json")
    found = json.loads(done.stdout)["queues"]
    old, new = rows(printed(drawing.queues(found, EPOCH, 200), 200))
    assert old[:4] == ["unknown", "other", "Old", "70.8 %"]
    assert old[-1] == "as of 5 m ago"
    assert new == ["unknown", "acme", "Support", "?", "", "", "?", "?", "?", "1", ""]


def test_who_is_not_on_the_queue_is_not_counted_as_free() -> None:
    """The platform counts idle members who have not joined: more than are there is no figure to show."""
    site = Watched(lines=[a_queue(agents_on_queue=4.0, agents_available=5.0)])
    (row,) = rows(site.call("queues").stdout)
    assert row[7:9] == ["4", ""]
    assert "agents    4 on queue\n" in site.call("queues", "Support").stdout


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["Sales", "Support", "Night"]),
        (["--name", "s*"], ["Sales", "Support"]),
        (["--name", "ight"], ["Night"]),
        (["--state", "firing"], ["Sales"]),
        (["--state", "idle"], ["Night"]),
        (["--org", "acme"], ["Sales", "Support", "Night"]),
        (["--org", "other"], []),
        (["--division", "home"], ["Sales", "Support", "Night"]),
        (["--label", "team=support"], ["Sales", "Support", "Night"]),
        (["--label", "team=sales"], []),
        (["--sort", "name"], ["Night", "Sales", "Support"]),
        (["--limit", "2"], ["Sales", "Support"]),
    ],
)
def test_the_list_is_narrowed_and_sorted(words: list[str], names: list[str]) -> None:
    """As the daemon does it."""
    site = Watched(Desk([an_alert("Sales")]), [calm("Night"), a_queue("Sales"), a_queue("Support")])
    found = json.loads(site.call("queues", "--json", *words).stdout)["queues"]
    assert [one["queue"] for one in found] == names


def test_a_long_list_is_asked_for_page_by_page() -> None:
    """As many as wanted, and how many more there are."""
    site = Watched(lines=[a_queue(f"Q{number:04}") for number in range(2100)])
    done = site.call("queues", "--limit", "2050", "--json", "--sort", "name")
    found = json.loads(done.stdout)["queues"]
    assert [one["queue"] for one in found] == [f"Q{number:04}" for number in range(2050)]
    assert site.call("queues", "--limit", "10").stderr == "2090 more: --limit 2100\n"


@pytest.mark.parametrize(
    ("words", "said"), [([], "no queue is watched\n"), (["--name", "x"], "no queue is like that\n")]
)
def test_no_queue_is_a_word(words: list[str], said: str) -> None:
    """No empty table."""
    assert Watched().call("queues", *words).output == said


@pytest.mark.parametrize("queue", ["Sales", "sale", "id-Sales"])
def test_one_queue_in_full(queue: str) -> None:
    """Its name, a part that only it has, or its id: what is known, and its last hour."""
    site = Watched(Desk([an_alert("Sales")]), [a_queue("Sales"), a_queue("Support")])
    done = site.call("queues", queue)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "Sales  acme, Home, id-Sales"
    assert lines[1].startswith("state     critical since 2026-11-21 ")
    assert lines[2:5] == [
        "alert     critical firing: ServiceLevelLow",
        "agents    4 on queue, 1 available",
        "labels    team=support",
    ]
    assert lines[5].endswith("▇▇▆  the last hour, 70.8 % to 90 %")
    assert lines[6].endswith("▁▁█  the last hour, 0 to 12")
    assert rows(done.stdout) == [
        ["voice", "12", "3 m 20 s", "3"],
        ["voice", "70.8 %", "34 of 48 in 20 s, 15m", "80 %"],
    ]
    assert json.loads(site.call("queues", queue, "--json").stdout)["trend"][-1] == 34 / 48


def test_a_whole_name_is_meant_before_a_part() -> None:
    """However many others begin with it."""
    site = Watched(lines=[a_queue("Support Gold"), a_queue("Support")])
    assert site.call("queues", "Support").stdout.startswith("Support  acme")


def test_each_media_type_and_each_level_has_a_line() -> None:
    """Also what is not known of it; what never changed in the hour is said once."""
    chat = MediaLine(media="chat", waiting=1.0, interacting=None, longest_wait=None)
    line = a_queue(
        media=(*a_queue().media, chat),
        levels=(a_level(), a_level(window="5m", ratio=None, met=None)),
        waits=(2.0,),
    )
    done = Watched(lines=[line]).call("queues", "Support")
    assert rows(done.stdout)[1:] == [
        ["chat", "1", "?", "?"],
        ["voice", "70.8 %", "34 of 48 in 20 s, 15m", "80 %"],
        ["voice", "?", "? of 48 in 20 s, 5m", "80 %"],
    ]
    assert "waiting   █  the last hour, 2\n" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Lost"], "Error: there is no queue 'Lost': `queuewatch queues` lists them\n"),
        (
            ["S"],
            "Error: 'S' is several queues; say one of\n  Sales (acme)\n  Support (acme)\n  Sales (other)\n",
        ),
    ],
)
def test_one_queue_has_to_be_meant(words: list[str], said: str) -> None:
    """None, or several, is exit code 1; several are named."""
    site = Watched(lines=[a_queue("Sales"), a_queue("Support"), a_queue("Sales", org="other", waiting=0.0)])
    done = site.call("queues", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
    assert "Sales  other" in site.call("queues", "Sales", "--org", "other").stdout


def test_hostile_names_come_out_clean() -> None:
    """Nothing that a terminal could obey is printed, in a table, in full or in JSON."""
    line = a_queue(HOSTILE, queue_id="../x?y#z", division=HOSTILE, labels=((HOSTILE, HOSTILE),))
    line = replace(line, media=(replace(line.media[0], media=HOSTILE),), levels=(a_level(media=HOSTILE),))
    site = Watched(lines=[line])
    for words in (["queues"], ["queues", "--json"], ["queues", "<script>"]):
        done = site.call(*words)
        assert (done.exit_code, done.stderr) == (0, "")
        assert all(one.isprintable() for one in done.stdout.split("\n"))
        assert "<script>" in done.stdout


def test_a_narrow_screen_has_fewer_columns() -> None:
    """What is left out is what the others imply; nothing is folded."""
    found = json.loads(Watched(lines=[a_queue()]).call("queues", "--json").stdout)["queues"]
    for width, left_out in ((200, []), (110, ["of"]), (80, ["of", "target", "free"])):
        text = printed(drawing.queues(found, EPOCH, width, cut=True), width)
        assert [name for name in ("of", "target", "free") if f" {name} " not in text] == left_out
        assert len(text.splitlines()) == 4
        assert max(map(len, text.splitlines())) <= width


def test_sparks_are_as_high_as_the_figures() -> None:
    """From nought to the top or the highest; what is unknown is a dot, and nothing is flat."""
    assert sparks([0.0, 0.5, 1.0, None], top=1.0) == "▁▅█·"
    assert sparks([0.0, 4.0, 8.0]) == "▁▅█"
    assert sparks([0.0, 0.0]) == "▁▁"
    assert sparks([2.0], top=1.0) == "█"
    assert sparks([]) == ""
