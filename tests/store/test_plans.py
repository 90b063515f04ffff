"""Speed by plan: what SQLite reads to answer, however much there is."""

# ruff: noqa: SLF001

import sqlite3
from pathlib import Path

import pytest

from monitor.store import statements
from monitor.store.sqlite import SqliteStore

WANTED = dict.fromkeys(("since", "at", "row", "queue", "rule", "org", "entity", "limit"), 0)
LETTERS = {"destination": "hook", "after": 0, "limit": 9, "waiting": 0}


async def plan(path: Path, statement: str, values: object) -> str:
    """Return the steps SQLite takes, in one line."""
    async with SqliteStore(str(path / "state.db")) as store:

        def explain() -> list[tuple[object, ...]]:
            connection = store._connection
            assert isinstance(connection, sqlite3.Connection)
            return connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()  # type: ignore[arg-type]

        return " / ".join(str(step[-1]) for step in await store._run(explain))


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (statements.DUE, ("hook", 1, 100), "outbox_heads"),
        (statements.PROBE, ("hook", 1, 1), "outbox_tries"),
        (statements.NEXT_DUE, ("hook",), "outbox_due"),
        (statements.EXPEDITE, ("hook", 1), "outbox_due"),
        (statements.PROMOTE, ("hook", "key"), "outbox_waiting"),
        (statements.DEMOTE, ("hook", "key"), "outbox_waiting"),
        (statements.EXPIRE, ("hook", 1), "outbox_expiring"),
        (statements.CROWDED, ("hook",), "outbox_behind"),
        (statements.QUEUED, ("hook", "key"), "outbox_waiting"),
        (statements.LETTERS, LETTERS, "PRIMARY KEY"),
        (statements.GRAVES, LETTERS, "outbox_graves"),
        (statements.GATHERING, ("hook", "key"), "sqlite_autoindex_gatherings_1"),
        (statements.HOLDING, ("hook", "key", "org", "rule", "entity"), "sqlite_autoindex_held_1"),
        (statements.RELEASE, ("hook", "key", "org", "rule", "entity"), "sqlite_autoindex_held_1"),
        (statements.ELSEWHERE, ("hook", "org", "rule", "entity", "key", 1), "sqlite_autoindex_held_1"),
        (statements.MEMBERS, ("hook", "key"), "held_gathering"),
        (statements.FRESH, ("hook", "key"), "held_gathering"),
        (statements.SUPERSEDED, (1,), "outbox_buried"),
        (statements.SUPERSEDED, (1,), "outbox_waiting"),
        (statements.FORGET_GRAVES, (1, 1000), "outbox_ended"),
        (statements.NEXT_FOLD, (), "gatherings_due"),
        (statements.HISTORY, WANTED, "entries_at (at>? AND at<?)"),
        (statements.HISTORY_OF, WANTED, "entries_entity (entity=? AND at>? AND at<?)"),
        (statements.POSITION, ("evt",), "sqlite_autoindex_entries_1"),
        (statements.PUT_TRY, ("evt", 1, "hook", "gone", "", ""), "folded_fold"),
        (statements.FORGET_ENTRIES, (1, 1000), "entries_at"),
        (statements.FORGET_TRIES, ("evt",), "tries_event"),
        (statements.FORGET_FOLDED, ("evt",), "PRIMARY KEY"),
        (statements.FORGET_FOLD, ("fld",), "folded_fold"),
    ],
)
async def test_no_question_reads_a_whole_table(tmp_path: Path, statement: str, values, index: str) -> None:
    """Each is answered from its index, in the index's order: 100,000 waiting envelopes cost no more."""
    steps = await plan(tmp_path, statement, values)
    assert index in steps
    assert "SCAN" not in steps.replace("SCAN CONSTANT ROW", "")
    assert "TEMP B-TREE" not in steps


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (statements.LETTERS_TO, LETTERS, "outbox_waiting"),
        (statements.TRIES, ("evt",), "tries_event"),
        (statements.FORGET_STATES, (), "states_empty"),
    ],
)
async def test_only_what_is_found_is_sorted(tmp_path: Path, statement: str, values, index: str) -> None:
    """Rows of the one destination, event or group that is asked for."""
    steps = await plan(tmp_path, statement, values)
    assert index in steps
    assert "SCAN outbox" not in steps
    assert "SCAN tries" not in steps
    assert "SCAN held" not in steps
