"""The embedded store: SQLite in WAL mode with `synchronous=FULL`, one connection, one thread.

    closed ──open──▶ open ──an I/O error, damage──▶ broken ──next call reopens──▶ open
                       └─────────────close─────────▶ closed

One connection because SQLite up to 3.51.2 can lose writes when two write and checkpoint at once; FULL
because NORMAL loses acknowledged commits when the power fails (FAULTS.md §0). A call is one transaction in
the writer thread: a cancelled caller leaves it whole or not begun. After an I/O error nothing is
tried again on the same connection: the kernel may have dropped the pages that fsync failed to write.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Self, TypeVar

from monitor.model.alert import Alert
from monitor.model.delivery import Attempt, Backlog, Delivered, Envelope, Rejected, Retry, StateRecord
from monitor.model.errors import StoreError
from monitor.model.silence import Silence
from monitor.store import rows, statements
from monitor.store.lock import Lock

T = TypeVar("T")

APPLICATION_ID = 0x51574348
"""What 0001_start.sql writes: "QWCH"."""

_NEVER = 2**63 - 1
"""Later than any date."""

_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA journal_size_limit = 67108864",
    # The lock file keeps our own kind out; nobody else has business writing here, so never wait for long.
    "PRAGMA busy_timeout = 1000",
)

_BREAKING = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN)
"""Primary result codes after which the connection is not trusted any more."""

_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space",
    sqlite3.SQLITE_IOERR: "the disk reports an input/output error: look into the kernel's log",
    sqlite3.SQLITE_READONLY: "the file or its folder cannot be written: check owner, mode and mount",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened: check that its folder exists, its owner and mode",
    sqlite3.SQLITE_PERM: "access is denied: check owner and mode",
    sqlite3.SQLITE_AUTH: "access is denied: check owner and mode",
    sqlite3.SQLITE_BUSY: "another program is writing to it: stop that program",
    sqlite3.SQLITE_LOCKED: "another program is writing to it: stop that program",
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged: restore a copy, or move it aside (its alerts and undelivered events are lost)"
    ),
    sqlite3.SQLITE_NOTADB: "this is no SQLite file: point `store` elsewhere or move the file aside",
    sqlite3.SQLITE_TOOBIG: "a text or body is too long for the store",
}


class SqliteStore:
    """AlertStore and OutboxStore in one file. Use as `async with`, or `open()` and `close()`."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._lock = Lock(Path(f"{path}.lock"))
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Take the lock, make or check the file, bring its schema up to date.

        Raises:
            StoreError: in use, damaged, not ours, of a newer version, or not readable and writable.
        """
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            await self._run(self._open)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what runs, close the file, release the lock."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.submit(self._close)
            await asyncio.to_thread(thread.shutdown)

    async def load(self) -> list[Alert]:
        def work(connection: sqlite3.Connection) -> list[Alert]:
            return [self._decode(rows.to_alert, row) for row in connection.execute(statements.LOAD_ALERTS)]

        return await self._transaction(work)

    async def states(self) -> list[StateRecord]:
        def work(connection: sqlite3.Connection) -> list[StateRecord]:
            return [self._decode(rows.to_state, row) for row in connection.execute(statements.LOAD_STATES)]

        return await self._transaction(work)

    async def silences(self) -> list[Silence]:
        def work(connection: sqlite3.Connection) -> list[Silence]:
            found = connection.execute(statements.LOAD_SILENCES)
            return [self._decode(rows.to_silence, row) for row in found]

        return await self._transaction(work)

    async def put_silence(self, silence: Silence) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statements.PUT_SILENCE, rows.from_silence(silence))

        await self._transaction(work)

    async def commit(
        self, alerts: Sequence[Alert], states: Sequence[StateRecord], envelopes: Sequence[Envelope]
    ) -> None:
        """Write all of it in one durable transaction, or nothing.

        An envelope that is there already, and a state no newer than the one kept, change nothing: after
        an I/O error the caller cannot know whether its commit held, and commits the same events again.
        """

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(statements.PUT_ALERT, [rows.from_alert(alert) for alert in alerts])
            connection.executemany(statements.PUT_STATE, [rows.from_state(state) for state in states])
            names = {rows.text(envelope.destination) for envelope in envelopes}
            connection.executemany(statements.PUT_DESTINATION, [(name,) for name in names])
            connection.executemany(
                statements.PUT_ENVELOPE, [rows.from_envelope(envelope) for envelope in envelopes]
            )

        await self._transaction(work)

    async def due(
        self, destination: str, *, now: datetime, limit: int, probe: bool = False
    ) -> list[Envelope]:
        """Return envelopes to send now, oldest first, one per key and none behind an older one.

        A probe takes one whose time has come before one that waits, and of these the least often tried:
        an envelope the destination never takes must not use up every probe.
        """
        moment = rows.micros(now)

        def work(connection: sqlite3.Connection) -> list[Envelope]:
            name = rows.text(destination)
            query = statements.PROBE if probe else statements.DUE
            found = connection.execute(query, (name, moment, limit)).fetchall()
            if probe and not found:
                found = connection.execute(query, (name, _NEVER, limit)).fetchall()
            return [envelope for row in found if (envelope := _readable(connection, row)) is not None]

        return await self._transaction(work)

    async def settle(self, destination: str, attempts: Sequence[Attempt]) -> None:
        name = rows.text(destination)

        def work(connection: sqlite3.Connection) -> None:
            for attempt in attempts:
                _settle(connection, name, attempt)

        await self._transaction(work)

    async def expedite(self, destination: str, *, now: datetime) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statements.EXPEDITE, (rows.text(destination), rows.micros(now)))

        await self._transaction(work)

    async def next_due(self, destination: str) -> datetime | None:
        def work(connection: sqlite3.Connection) -> datetime | None:
            (first,) = connection.execute(statements.NEXT_DUE, (rows.text(destination),)).fetchone()
            return None if first is None else rows.date(first)

        return await self._transaction(work)

    async def backlog(self) -> list[Backlog]:
        def work(connection: sqlite3.Connection) -> list[Backlog]:
            return [
                Backlog(
                    destination=name,
                    depth=depth,
                    oldest=None if oldest is None else rows.date(oldest),
                    dead=dead,
                )
                for name, depth, oldest, dead in connection.execute(statements.BACKLOG)
            ]

        return await self._transaction(work)

    async def writable(self) -> None:
        """Prove that the disk takes writes, by one. Raises StoreError with the reason if it does not."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statements.WRITE)

        await self._transaction(work)

    async def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._run(lambda: self._in_transaction(work))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._thread is None:
            raise StoreError(f"{self._path}: the store is not open")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _in_transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._errors():
            if self._connection is None:
                self._connection = self._connect(create=False)
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                # Some errors have rolled back already; a failed roll-back must not hide the first error.
                with contextlib.suppress(sqlite3.Error):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                raise
            return result

    def _open(self) -> None:
        with self._errors():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            # Made here because SQLite would give it the umask's mode; its -wal and -shm copy this one's.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._connection = self._connect(create=True)

    def _connect(self, *, create: bool) -> sqlite3.Connection:
        """Open, check and migrate. Without `create` a missing file is an error, not a fresh start."""
        if not create and not self._path.exists():
            raise StoreError(
                f"{self._path}: the file is gone: put it back, or restart to begin with an empty one"
            )
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
            self._check(connection)
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreError(f"{self._path}: {_ADVICE[sqlite3.SQLITE_CORRUPT]} ({verdict})")

    def _migrate(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        steps = _migrations()
        if owner != APPLICATION_ID and (owner or tables):
            raise StoreError(f"{self._path}: this is another program's database: point `store` elsewhere")
        if version > len(steps):
            raise StoreError(
                f"{self._path}: its schema is version {version}, this queuewatch knows {len(steps)}: "
                "run the newer queuewatch, or point `store` elsewhere"
            )
        for number, script in enumerate(steps[version:], start=version + 1):
            try:
                connection.executescript(
                    f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
                )
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        self._lock.release()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what SQLite and the file system raise into StoreError: path, what happened, what to do."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code in _BREAKING and self._connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None
            advice = _ADVICE.get(code, "please report this")
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            raise StoreError(f"{self._path}: {advice} ({error}, {name})") from error
        except OSError as error:
            raise StoreError(
                f"{self._path}: {error.strerror}: check the path, its owner and its mode"
            ) from error

    def _decode(self, decoder: Callable[[rows.Row], T], row: rows.Row) -> T:
        try:
            return decoder(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"{self._path}: cannot read the row of {list(row[:3])}: {error}") from error


def _migrations() -> list[str]:
    """Return the scripts in `sql/`, in the order of their numbers: script N makes schema version N."""
    folder = resources.files("monitor.store") / "sql"
    return [script.read_text("utf-8") for script in sorted(folder.iterdir(), key=lambda entry: entry.name)]


def _readable(connection: sqlite3.Connection, row: rows.Row) -> Envelope | None:
    """Return the envelope, or bury a row that cannot be read: it must not stop the ones behind it."""
    try:
        return rows.to_envelope(row)
    except ValueError as error:
        number, destination = row[0], str(row[1])
        rejected = Rejected(reason="unreadable", detail=str(error))
        _settle(connection, destination, Attempt(row=int(number or 0), outcome=rejected))
        return None


def _settle(connection: sqlite3.Connection, destination: str, attempt: Attempt) -> None:
    outcome = attempt.outcome
    if isinstance(outcome, Retry):
        due_at = 0 if attempt.due_at is None else rows.micros(attempt.due_at)
        connection.execute(statements.POSTPONE, (due_at, attempt.row, destination))
        return
    if isinstance(outcome, Delivered):
        keys = connection.execute(statements.FORGET, (attempt.row, destination)).fetchall()
    else:
        reason, detail = rows.text(outcome.reason), rows.text(outcome.detail)
        keys = connection.execute(statements.BURY, (reason, detail, attempt.row, destination)).fetchall()
    for (key,) in keys:
        connection.execute(statements.PROMOTE, (destination, key))
