"""Within a transaction: everything one event commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from monitor.model.delivery import Dispatch
from monitor.store import statements
from monitor.store.rows import alerts, journal, outbox
from monitor.store.rows.values import text
from monitor.store.sqlite import holding


def put(connection: sqlite3.Connection, dispatches: Sequence[Dispatch]) -> None:
    """Write these. What is there already changes nothing."""
    states = [alerts.from_state(one.state) for one in dispatches if one.state is not None]
    entries = [journal.from_entry(one.entry) for one in dispatches if one.entry is not None]
    envelopes = [envelope for one in dispatches for envelope in one.envelopes]
    names = {text(one.destination) for one in envelopes}
    names |= {text(event.destination) for one in dispatches for event in one.held}
    connection.executemany(statements.PUT_STATE, states)
    connection.executemany(statements.PUT_ENTRY, entries)
    connection.executemany(statements.PUT_DESTINATION, [(name,) for name in names])
    connection.executemany(statements.PUT_ENVELOPE, [outbox.from_envelope(one) for one in envelopes])
    for one in dispatches:
        for envelope in one.envelopes:
            holding.move(connection, envelope)
        for event in one.held:
            holding.move(connection, event)
            holding.hold(connection, event)
