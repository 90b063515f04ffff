"""Files of older versions: what they hold is read, and sent, as if they had been ours all along."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from monitor.model.alert import EVERYBODY, AlertState, Hearing
from monitor.model.delivery import CLOUDEVENTS, Delivered, Wanted
from monitor.model.rule import Severity
from monitor.store.sqlite import SqliteStore
from tests.store.making import NOW, an_envelope, sending, tries

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ACTIVE, FIRED = EPOCH + timedelta(seconds=1), EPOCH + timedelta(seconds=2)
ALERT = (
    "INSERT INTO alerts (org, rule, entity_key, severity, labels, state, episode, sequence, value, held,"
    " known, active_at, fired_at) VALUES ('acme', ?, 'q/voice', 'critical', '{}', ?, 3, 5, 9.0, 0.0, 1, ?, ?)"
)
ENVELOPE = (
    "INSERT INTO outbox (destination, key, event_id, kind, org, rule, entity, sequence, created_at, due_at,"
    " attempts, head, reason, detail, body)"
    " VALUES ('hook', ?, ?, 'fired', 'acme', 'R', 'q', ?, 7, 0, 1, ?, ?, ?, x'7b7d')"
)


def a_file(path: Path, version: int) -> sqlite3.Connection:
    """Return a new file of this schema."""
    scripts = sorted((resources.files("monitor.store") / "sql").iterdir(), key=lambda entry: entry.name)
    connection = sqlite3.connect(path)
    for script in scripts[:version]:
        connection.executescript(script.read_text("utf-8"))
    connection.execute(f"PRAGMA user_version = {version}")
    return connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file of an older version is."""
    return tmp_path / "state.db"


async def test_a_firing_alert_of_schema_1_still_ends_for_everybody(path: Path) -> None:
    """Its strand fires, and everybody there is has heard of it when it fired."""
    with closing(a_file(path, 1)) as connection, connection:
        connection.execute(ALERT, ("R", "firing", 1_000_000, 2_000_000))
    async with SqliteStore(str(path)) as store:
        (alert,) = await store.load()
    assert (alert.episode, alert.sequence, alert.value) == (3, 5, 9.0)
    assert alert.strand(Severity.CRITICAL).state is AlertState.FIRING
    assert (alert.told, alert.told_at) == (Severity.CRITICAL, FIRED)
    assert alert.heard == {EVERYBODY: Hearing(at=FIRED)}


@pytest.mark.parametrize(
    ("active", "fired", "at"),
    [(1_000_000, 2_000_000, FIRED), (1_000_000, None, ACTIVE), (None, None, EPOCH)],
)
async def test_an_alert_of_schema_2_was_heard_by_those_it_names(
    path: Path, active: int | None, fired: int | None, at: datetime
) -> None:
    """When it fired, or else when it began; through no group."""
    with closing(a_file(path, 2)) as connection, connection:
        connection.execute(ALERT, ("R", "firing", active, fired))
        connection.execute(
            'UPDATE alerts SET detail = \'{"told": "warning", "told_to": ["hook", "andon"], "reason": "x"}\''
        )
    async with SqliteStore(str(path)) as store:
        (alert,) = await store.load()
        assert alert.heard == {"hook": Hearing(at=at), "andon": Hearing(at=at)}
        assert (alert.told, alert.told_at) == (Severity.WARNING, None if fired is None else FIRED)
        await store.commit([alert], [])
        assert await store.load() == [alert]


async def test_an_untold_alert_of_schema_2_was_heard_by_nobody(path: Path) -> None:
    """An empty list is not the same as none."""
    with closing(a_file(path, 2)) as connection, connection:
        connection.execute(ALERT, ("R", "pending", 1_000_000, None))
        connection.execute('UPDATE alerts SET detail = \'{"told": null, "told_to": []}\'')
    async with SqliteStore(str(path)) as store:
        (alert,) = await store.load()
    assert (alert.told, alert.told_at, alert.heard) == (None, None, {})


async def test_the_outbox_of_schema_2_is_sent_in_its_order(path: Path) -> None:
    """Waiting rows go, as CloudEvents without a date of expiry; dead ones stay; new ones come behind."""
    with closing(a_file(path, 2)) as connection, connection:
        connection.execute("INSERT INTO destinations VALUES ('hook')")
        connection.execute("INSERT INTO states VALUES ('acme', 'R', 'q', 'evt_2', 2, x'7b7d')")
        connection.execute(ENVELOPE, ("k", "evt_1", 1, 0, "invalid", "answered 422"))
        connection.execute(ENVELOPE, ("k", "evt_2", 2, 1, None, None))
        connection.execute(ENVELOPE, ("k", "evt_3", 3, 0, None, None))
    async with SqliteStore(str(path)) as store:
        await store.commit([], sending(an_envelope(key="k", event_id="evt_4")))
        (first,) = await store.due("hook", now=NOW, limit=9, coalesce=False)
        assert (first.event_id, first.content_type, first.expires_at) == ("evt_2", CLOUDEVENTS, None)
        assert (first.gone, first.skipped, first.attempts, first.body) == (False, 0, 1, b"{}")
        await store.settle("hook", tries([first], Delivered()))
        (newest,) = await store.due("hook", now=NOW, limit=9, coalesce=True)
        assert (newest.event_id, newest.skipped) == ("evt_4", 1)
        assert [letter.detail for letter in await store.letters(dead=True)] == ["answered 422"]
        assert [state.sequence for state in await store.states()] == [2]
        assert await store.history(Wanted()) == []


async def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    """Halfway through a script nothing of it is there, and the file is still of its own version."""
    with closing(a_file(path, 2)) as connection, connection:
        connection.execute("CREATE TABLE tries (mine)")
    with pytest.raises(Exception, match="already exists"):
        await SqliteStore(str(path)).open()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        columns = [row[1] for row in connection.execute("PRAGMA table_info(outbox)")]
    assert "content_type" not in columns
