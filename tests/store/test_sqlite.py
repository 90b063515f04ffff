"""The store on disk: settings, locks, versions and damage.

What a disk does to a connection cannot be had through the port, so these tests reach for the connection.
"""

# ruff: noqa: SLF001

import math
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from monitor.model.alert import EventKind, Evidence
from monitor.model.delivery import Dispatch, Rejected, Wanted
from monitor.model.errors import StoreError
from monitor.store import statements
from monitor.store.sqlite import SqliteStore
from tests.outbox.making import an_alert
from tests.store.making import (
    NOW,
    a_group,
    a_held,
    a_state,
    a_telling,
    an_entry,
    an_envelope,
    holding,
    later,
    sending,
    tries,
)

SHOWN = Dispatch(state=a_state(), envelopes=(an_envelope(),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database goes: in a folder that is not there yet."""
    return tmp_path / "data" / "state.db"


def raw(store: SqliteStore) -> sqlite3.Connection:
    """Return the store's own connection."""
    assert store._connection is not None
    return store._connection


async def lone(store: SqliteStore, name: str) -> None:
    """Take an event whose every text is `name` through outbox, group and journal."""
    event: dict[str, Any] = {"destination": name, "rule": name, "entity": name, "event_id": "evt_1"}
    envelope = an_envelope(key=name, content_type=name, **event)
    held = a_held(group=a_group(f"{name}={name}"), **event)
    entry = an_entry(rule=name, entity=name, queue=name, event_id="evt_1")
    await store.commit([], [Dispatch(state=None, envelopes=(envelope,), held=(held,), entry=entry)])
    (ripe,) = await store.ripe(now=later(60))
    await store.fold(ripe, ripe.members, a_telling(destination=name), now=later(60))
    sent = await store.due(name, now=NOW, limit=9)
    await store.settle(name, tries(sent, Rejected(reason=name, detail=name)))
    assert len(await store.letters(destination=name, dead=True)) == 2
    (history,) = await store.history(Wanted(queue=name, rule=name))
    assert [one.outcome for one in history.tries] == ["rejected", "rejected"]


async def filled(path: Path) -> None:
    """Leave a store with one alert and one envelope at `path`."""
    async with SqliteStore(str(path)) as store:
        await store.commit([an_alert()], [SHOWN])


async def test_only_the_owner_may_read(path: Path):
    """The folder is 0700; database, log and lock are 0600, whatever the umask."""
    before = os.umask(0)
    try:
        async with SqliteStore(str(path)) as store:
            await store.writable()
            modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}, modes
    assert set(modes) >= {"state.db", "state.db-wal", "state.db.lock"}


async def test_a_commit_is_on_the_disk_before_it_returns(path: Path):
    """WAL with synchronous=FULL, asked of the connection that commits."""
    async with SqliteStore(str(path)) as store:

        def settings(connection: sqlite3.Connection) -> list[object]:
            return [
                connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
            ]

        found = await store._run(lambda: settings(raw(store)))
    assert found == ["wal", 2]


async def test_everything_survives_a_restart(path: Path):
    """Alerts, states and envelopes are there after closing and opening."""
    await filled(path)
    async with SqliteStore(str(path)) as store:
        assert await store.load() == [an_alert()]
        assert await store.states() == [a_state()]
        assert [one.event_id for one in await store.due("hook", now=NOW, limit=9)] == ["evt_0_1"]


async def test_a_second_instance_is_refused(path: Path):
    """One clear line names the file and the process; after the first has gone the second may."""
    async with SqliteStore(str(path)):
        with pytest.raises(StoreError, match=rf"state.db.lock: another queuewatch \(process {os.getpid()}\)"):
            await SqliteStore(str(path)).open()
    await filled(path)


async def test_a_newer_schema_is_refused(path: Path):
    """An older queuewatch does not touch what it does not understand."""
    await filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"schema is version 99, this queuewatch knows 4: run the newer"):
        await SqliteStore(str(path)).open()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_bytes(b"not a database " * 100), "this is no SQLite file"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "damaged"),
        (lambda path: path.unlink() or path.mkdir(), "Is a directory"),
    ],
)
async def test_a_spoilt_file_is_named_and_left_alone(path: Path, spoil, words: str):
    """The error says which file and what to do; nothing is deleted."""
    await filled(path)
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StoreError, match=words) as caught:
        await SqliteStore(str(path)).open()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


async def test_a_strangers_database_is_left_alone(path: Path):
    """A database with tables of another program is not migrated."""
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE contacts (name)")
    connection.close()
    with pytest.raises(StoreError, match="another program's database"):
        await SqliteStore(str(path)).open()


async def test_a_commit_that_fails_changes_nothing_and_the_next_succeeds(path: Path):
    """One bad row takes the whole transaction with it, and leaves no transaction open."""
    async with SqliteStore(str(path)) as store:
        bad = an_envelope(1)
        object.__setattr__(bad, "body", object())
        with pytest.raises(StoreError, match=r"state.db"):
            await store.commit([an_alert()], [Dispatch(state=a_state(), envelopes=(bad,))])
        assert await store.load() == []
        assert await store.states() == []
        await store.commit([an_alert()], [SHOWN])
        assert len(await store.load()) == 1


async def test_a_full_disk_is_said_and_got_over(path: Path):
    """While no page can be added commits fail whole, `writable` fails; with space everything goes on."""
    async with SqliteStore(str(path)) as store:
        limit = "PRAGMA max_page_count = {}"
        await store._run(lambda: raw(store).execute(limit.format(1)).fetchone())
        with pytest.raises(StoreError, match="the disk is full: free some space"):
            await store.commit([], sending(*(an_envelope(number) for number in range(300))))
        assert (await store.backlog()) == []
        await store._run(lambda: raw(store).execute(limit.format(100_000)).fetchone())
        await store.commit([], sending(*(an_envelope(number) for number in range(300))))
        assert (await store.backlog())[0].depth == 300


class Failing:
    """A connection whose next COMMIT finds a bad disk."""

    def __init__(self, real: sqlite3.Connection) -> None:
        self._real = real
        self.closed = False

    def execute(self, statement: str, *rest):
        if statement == "COMMIT":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
            raise error
        return self._real.execute(statement, *rest)

    def close(self) -> None:
        self.closed = True
        self._real.close()

    def __getattr__(self, name: str):
        return getattr(self._real, name)


async def test_after_an_input_output_error_the_file_is_opened_anew(path: Path):
    """The connection whose fsync failed is not used again, and the failed commit is not there."""
    async with SqliteStore(str(path)) as store:
        failing = Failing(raw(store))
        store._connection = failing  # type: ignore[assignment]
        with pytest.raises(StoreError, match=r"look into the kernel's log .*SQLITE_IOERR_FSYNC"):
            await store.commit([an_alert()], [])
        assert failing.closed
        assert await store.load() == []
        await store.commit([an_alert()], [])
        assert await store.load() == [an_alert()]


async def test_a_vanished_file_is_not_replaced_by_an_empty_one(path: Path):
    """Reopening after an error never starts afresh in silence."""
    await filled(path)
    async with SqliteStore(str(path)) as store:
        await store._run(raw(store).close)
        store._connection = None
        path.rename(path.with_suffix(".away"))
        with pytest.raises(StoreError, match="the file is gone"):
            await store.load()
        path.with_suffix(".away").rename(path)
        assert await store.load() == [an_alert()]


async def test_lone_surrogates_are_kept_as_text(path: Path):
    """A name UTF-8 cannot hold does not stop a commit, nor does it meet another such name."""
    async with SqliteStore(str(path)) as store:
        rules = ["bad \ud800", "bad \ud801"]
        await store.commit([an_alert(rule=rule) for rule in rules], [])
        assert {alert.rule for alert in await store.load()} == {r"bad \ud800", r"bad \ud801"}
        await lone(store, rules[0])


async def test_no_number_that_is_none(path: Path):
    """NaN and infinity are kept as no value."""
    async with SqliteStore(str(path)) as store:
        odd = [an_alert(n, evidence=Evidence(value=one)) for n, one in enumerate((math.nan, math.inf))]
        await store.commit(odd, [])
        assert [alert.value for alert in await store.load()] == [None, None]


async def test_an_unreadable_row_does_not_stop_the_others(path: Path):
    """It is buried, and the one behind it goes."""
    async with SqliteStore(str(path)) as store:
        await store.commit([], sending(an_envelope(0, 1), an_envelope(0, 2)))
        await store._run(
            lambda: raw(store).execute("UPDATE outbox SET kind = 'sung' WHERE row = 1").fetchone()
        )
        assert await store.due("hook", now=NOW, limit=9) == []
        assert [one.sequence for one in await store.due("hook", now=NOW, limit=9)] == [2]
        assert (await store.backlog())[0].dead == 1


async def test_an_unreadable_member_does_not_silence_its_group(path: Path) -> None:
    """It is lost, which the journal says; the others are told, and its alert may come back."""
    async with SqliteStore(str(path)) as store:
        await store.commit([], holding(a_held(0), a_held(1)))
        await store._run(lambda: raw(store).execute("UPDATE held SET body = 'x' WHERE row = 1").fetchone())
        (ripe,) = await store.ripe(now=later(60))
        assert ripe.members == (a_held(1),)
        tried = {one.entry.event_id: one.tries for one in await store.history(Wanted())}
        assert [(one.outcome, one.reason) for one in tried["evt_0_1"]] == [("skipped", "unreadable")]
        await store._run(lambda: raw(store).execute("UPDATE held SET body = 'x'").fetchone())
        await store.commit([], holding(a_held(0, 3), a_held(1, 3), a_held(2, 3)))
        assert [one.sequence for one in (await store.ripe(now=later(60)))[0].members] == [3, 3, 3]


async def test_an_unreadable_group_does_not_silence_the_others(path: Path) -> None:
    """It waits for its next event, which says again what it is."""
    async with SqliteStore(str(path)) as store:
        await store.commit([], holding(a_held(0), a_held(1, group=a_group("team=sales"))))
        spoil = "UPDATE gatherings SET labels = '[]' WHERE key = 'team=support'"
        await store._run(lambda: raw(store).execute(spoil).fetchone())
        (ripe,) = await store.ripe(now=later(60))
        assert ripe.group.key == "team=sales"
        await store.fold(ripe, ripe.members, a_telling(), now=later(60))
        assert await store.next_fold() is None
        await store.commit([], holding(a_held(2)))
        (ripe,) = await store.ripe(now=later(60))
        assert len(ripe.members) == 2


async def test_what_is_not_coalesced_is_looked_at_once(path: Path) -> None:
    """An acknowledged alert has two envelopes left: thousands of them must not be read at every wave."""
    async with SqliteStore(str(path)) as store:
        await store.commit([], sending(an_envelope(0, 1), an_envelope(0, 2, kind=EventKind.ACKNOWLEDGED)))
        await store.due("hook", now=NOW, limit=9, coalesce=True)
        crowded = await store._run(lambda: raw(store).execute(statements.CROWDED, ("hook",)).fetchall())
        assert crowded == []


async def test_a_row_that_cannot_be_read_is_not_coalesced(path: Path) -> None:
    """It is buried when it is its turn, and what stands behind it goes."""
    async with SqliteStore(str(path)) as store:
        await store.commit([], sending(an_envelope(0, 1), an_envelope(0, 2)))
        await store._run(lambda: raw(store).execute("UPDATE outbox SET kind = 'x' WHERE row = 1").fetchone())
        assert await store.due("hook", now=NOW, limit=9, coalesce=True) == []
        assert [one.sequence for one in await store.due("hook", now=NOW, limit=9, coalesce=True)] == [2]


async def test_a_group_that_was_never_told_leaves_nothing(path: Path) -> None:
    """Alerts come and go, with labels that never come back: no row may be left of each."""
    async with SqliteStore(str(path)) as store:
        await store.commit([], [Dispatch(state=None, envelopes=(), held=(a_held(0, 2),))])
        (ripe,) = await store.ripe(now=later(60))
        await store.fold(ripe, (), None, now=later(60))
        count = "SELECT (SELECT count(*) FROM gatherings) + (SELECT count(*) FROM held)"
        assert await store._run(lambda: raw(store).execute(count).fetchone()) == (0,)


async def test_a_closed_store_says_so(path: Path):
    """Using it before opening or after closing is an error of its own, and closing twice is none."""
    store = SqliteStore(str(path))
    with pytest.raises(StoreError, match="not open"):
        await store.load()
    await store.open()
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="not open"):
        await store.writable()


async def test_damaged_details_name_the_row(path: Path) -> None:
    """A detail that no version of ours wrote is one line with the row, not a traceback."""
    await filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute('UPDATE alerts SET detail = \'{"strands": {"critical": {}}}\'')
    connection.close()
    async with SqliteStore(str(path)) as store:
        with pytest.raises(StoreError, match="cannot read the row of"):
            await store.load()
