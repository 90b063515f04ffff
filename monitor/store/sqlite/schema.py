"""The file: opened, checked, brought up to date; and what SQLite's complaints mean for a person."""

from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path

from monitor.model.errors import StoreError

APPLICATION_ID = 0x51574348
"""What 0001_start.sql writes: "QWCH"."""

_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA journal_size_limit = 67108864",
    # The lock file keeps our own kind out; nobody else has business writing here, so never wait for long.
    "PRAGMA busy_timeout = 1000",
)

BREAKING = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN)
"""Primary result codes after which the connection is not trusted any more."""

ADVICE = {
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
"""What to do, by primary result code."""


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open, check and migrate. Without `create` a missing file is an error, not a fresh start.

    Raises:
        StoreError: gone, damaged, not ours, or of a newer version.
        sqlite3.Error: what else SQLite has to say.
    """
    if not create and not path.exists():
        raise StoreError(f"{path}: the file is gone: put it back, or restart to begin with an empty one")
    # 128: more than we have statements, so that none is ever compiled twice.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=128)
    try:
        for setting in _SETTINGS:
            connection.execute(setting)
        _check(path, connection)
        _migrate(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(path: Path, connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StoreError(f"{path}: {ADVICE[sqlite3.SQLITE_CORRUPT]} ({verdict})")


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    steps = _migrations()
    if owner != APPLICATION_ID and (owner or tables):
        raise StoreError(f"{path}: this is another program's database: point `store` elsewhere")
    if version > len(steps):
        raise StoreError(
            f"{path}: its schema is version {version}, this queuewatch knows {len(steps)}: "
            "run the newer queuewatch, or point `store` elsewhere"
        )
    for number, script in enumerate(steps[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def _migrations() -> list[str]:
    """Return the scripts in `sql/`, in the order of their numbers: script N makes schema version N."""
    folder = resources.files("monitor.store") / "sql"
    return [script.read_text("utf-8") for script in sorted(folder.iterdir(), key=lambda entry: entry.name)]
