-- expires_at: after it an envelope is dropped unsent. gone: nothing of its entity is to be shown any more.
-- skipped: how many older ones of its key it took the place of. kept: 1 for what was looked at for that.
-- ended_at: when it was given up; those of schema 2 are as old as their event.
ALTER TABLE outbox ADD COLUMN content_type TEXT NOT NULL DEFAULT 'application/cloudevents+json';
ALTER TABLE outbox ADD COLUMN expires_at INTEGER;
ALTER TABLE outbox ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN ended_at INTEGER;
UPDATE outbox SET ended_at = created_at WHERE reason IS NOT NULL;

-- Each holds only what is rare, so that asking whether there is any costs one look.
CREATE INDEX outbox_expiring ON outbox (destination, expires_at)
    WHERE expires_at IS NOT NULL AND reason IS NULL;
CREATE INDEX outbox_behind ON outbox (destination, key, row) WHERE head = 0 AND reason IS NULL AND kept = 0;
CREATE INDEX outbox_graves ON outbox (row) WHERE reason IS NOT NULL;
CREATE INDEX outbox_buried ON outbox (destination, key, sequence) WHERE reason IS NOT NULL;
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX states_empty ON states (event_id) WHERE length(body) = 0;

-- wait, interval: seconds. told_at: NULL until something was told. due_at: NULL while nothing in it is fresh.
CREATE TABLE gatherings (
    row         INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    key         TEXT NOT NULL,
    labels      TEXT NOT NULL,
    wait        REAL NOT NULL,
    interval    REAL NOT NULL,
    told_at     INTEGER,
    due_at      INTEGER,
    UNIQUE (destination, key)
);
CREATE INDEX gatherings_due ON gatherings (due_at) WHERE due_at IS NOT NULL;

-- The newest event of each alert in a group. The unique columns begin with what finds an alert in any group.
CREATE TABLE held (
    row         INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    gathering   TEXT NOT NULL,
    org         TEXT NOT NULL,
    rule        TEXT NOT NULL,
    entity      TEXT NOT NULL,
    sequence    INTEGER NOT NULL,
    event_id    TEXT NOT NULL,
    ends        INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    note        INTEGER NOT NULL,
    fresh       INTEGER NOT NULL,
    told        INTEGER NOT NULL,
    skipped     INTEGER NOT NULL,
    body        BLOB NOT NULL,
    UNIQUE (destination, org, rule, entity, gathering)
);
CREATE INDEX held_gathering ON held (destination, gathering, row);

-- The journal: events, what became of each try to send one, and which events went into which telling.
CREATE TABLE entries (
    row      INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    org      TEXT NOT NULL,
    rule     TEXT NOT NULL,
    entity   TEXT NOT NULL,
    queue    TEXT NOT NULL,
    severity TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body     BLOB NOT NULL
);
-- queue and rule: so that a search reads no body of what it does not want.
CREATE INDEX entries_at ON entries (at, row, queue, rule);

CREATE TABLE tries (
    row         INTEGER PRIMARY KEY,
    event_id    TEXT NOT NULL,
    at          INTEGER NOT NULL,
    destination TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL
);
CREATE INDEX tries_event ON tries (event_id);

CREATE TABLE folded (
    event_id TEXT NOT NULL,
    fold_id  TEXT NOT NULL,
    PRIMARY KEY (event_id, fold_id)
) WITHOUT ROWID;
CREATE INDEX folded_fold ON folded (fold_id);
