-- "QWCH": says whose file this is, for `file` and for our own refusal to touch a stranger's.
PRAGMA application_id = 0x51574348;

-- Dates are microseconds since 1970 in UTC. Labels are a JSON object.
CREATE TABLE alerts (
    org         TEXT NOT NULL,
    rule        TEXT NOT NULL,
    entity_key  TEXT NOT NULL,
    severity    TEXT NOT NULL,
    labels      TEXT NOT NULL,
    state       TEXT NOT NULL,
    episode     INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    value       REAL,
    held        REAL NOT NULL,
    known       INTEGER NOT NULL,
    active_at   INTEGER,
    fired_at    INTEGER,
    clear_since INTEGER,
    resolved_at INTEGER,
    PRIMARY KEY (org, rule, entity_key)
) WITHOUT ROWID;

CREATE TABLE states (
    org      TEXT NOT NULL,
    rule     TEXT NOT NULL,
    entity   TEXT NOT NULL,
    event_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (org, rule, entity)
);

-- AUTOINCREMENT: a row number is never used twice, so that a late "delivered" cannot hit a stranger.
-- head: 1 for the oldest waiting envelope of its (destination, key), the only one that may be sent.
-- due_at: 0 until the first try, so that a clock set back cannot hold a fresh envelope.
-- reason: NULL while waiting, a word when it was given up.
CREATE TABLE outbox (
    row         INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    key         TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    kind        TEXT NOT NULL,
    org         TEXT NOT NULL,
    rule        TEXT NOT NULL,
    entity      TEXT NOT NULL,
    sequence    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    head        INTEGER NOT NULL,
    reason      TEXT,
    detail      TEXT,
    body        BLOB NOT NULL,
    UNIQUE (destination, event_id)
);
CREATE INDEX outbox_heads ON outbox (destination, row, due_at) WHERE head = 1;
CREATE INDEX outbox_due ON outbox (destination, due_at) WHERE head = 1;
CREATE INDEX outbox_tries ON outbox (destination, attempts, row, due_at) WHERE head = 1;
CREATE INDEX outbox_waiting ON outbox (destination, key, row) WHERE reason IS NULL;
CREATE INDEX outbox_dead ON outbox (destination) WHERE reason IS NOT NULL;

-- Every destination that ever had anything: an empty outbox is worth saying, too.
CREATE TABLE destinations (name TEXT PRIMARY KEY) WITHOUT ROWID;

-- Written by the readiness check: only a real write proves that the disk takes writes.
CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), writes INTEGER NOT NULL);
INSERT INTO probe VALUES (1, 0);
