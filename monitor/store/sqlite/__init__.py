"""The embedded store: SQLite in WAL mode with `synchronous=FULL`, one connection, one thread.

    closed ──open──▶ open ──an I/O error, damage──▶ broken ──next call reopens──▶ open
                       └─────────────close─────────▶ closed

One connection because SQLite up to 3.51.2 can lose writes when two write and checkpoint at once; FULL
because NORMAL loses acknowledged commits when the power fails (FAULTS.md §0). A call is one transaction in
the writer thread: a cancelled caller leaves it whole or not begun. After an I/O error nothing is
tried again on the same connection: the kernel may have dropped the pages that fsync failed to write.

`connection` is the thread and its transactions, `schema` the file; `dispatching`, `queueing`, `holding` and
`noting` write within a transaction of somebody else's; the others are the ports, one module each.
"""

from __future__ import annotations

from monitor.store.sqlite.alerts import Alerts
from monitor.store.sqlite.folds import Folds
from monitor.store.sqlite.journal import Journal
from monitor.store.sqlite.letters import Letters
from monitor.store.sqlite.outbox import Outbox

__all__ = ["SqliteStore"]


class SqliteStore(Alerts, Outbox, Folds, Letters, Journal):
    """Every port of a store, in one file. Use as `async with`, or `open()` and `close()`."""
