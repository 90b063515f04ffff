-- What an alert is beyond its state: strands per level, what was told to whom, acknowledgement, flap window.
-- A JSON object, because nothing but the program that wrote it ever asks for a part of it.
ALTER TABLE alerts ADD COLUMN detail TEXT NOT NULL DEFAULT '{}';

CREATE TABLE silences (
    id        TEXT PRIMARY KEY,
    starts_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    owner     TEXT NOT NULL,
    comment   TEXT NOT NULL,
    matchers  TEXT NOT NULL
) WITHOUT ROWID;
