"""Within a transaction: what the journal is told."""

from __future__ import annotations

import sqlite3

from monitor.model.delivery import Try
from monitor.store import statements
from monitor.store.rows import journal


def note(connection: sqlite3.Connection, event_id: str, one: Try) -> None:
    """Write down a try to send the event, unless nobody can look it up."""
    connection.execute(statements.PUT_TRY, journal.from_try(event_id, one))
