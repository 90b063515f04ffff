"""The SQL of the embedded store; `rows` knows the order of the columns."""

LOAD_ALERTS = """
SELECT org, rule, entity_key, severity, labels, state, episode, sequence, value, held, known,
       active_at, fired_at, resolved_at, detail
FROM alerts
"""

LOAD_STATES = "SELECT org, rule, entity, event_id, sequence, body FROM states"

PUT_ALERT = """
INSERT OR REPLACE INTO alerts (org, rule, entity_key, severity, labels, state, episode, sequence, value, held,
                               known, active_at, fired_at, resolved_at, detail)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
"""

LOAD_SILENCES = "SELECT id, starts_at, ends_at, owner, comment, matchers FROM silences"

PUT_SILENCE = """
INSERT OR REPLACE INTO silences (id, starts_at, ends_at, owner, comment, matchers) VALUES (?,?,?,?,?,?)
"""

FORGET_SILENCES = "DELETE FROM silences WHERE ends_at < ? RETURNING id"

# Tombstones: by then every broker was told so, and nobody can look their event up.
FORGET_STATES = """
DELETE FROM states WHERE length(body) = 0
    AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.event_id = states.event_id)
"""

PUT_STATE = """
INSERT INTO states (org, rule, entity, event_id, sequence, body) VALUES (?,?,?,?,?,?)
ON CONFLICT DO UPDATE SET event_id = excluded.event_id, sequence = excluded.sequence, body = excluded.body
WHERE excluded.sequence > sequence
"""

# The outbox: what waits, and what was given up.

PUT_DESTINATION = "INSERT OR IGNORE INTO destinations (name) VALUES (?)"

PUT_ENVELOPE = """
INSERT INTO outbox (destination, key, event_id, kind, org, rule, entity, sequence, created_at, content_type,
                    expires_at, gone, skipped, body, head)
VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,
        NOT EXISTS (SELECT 1 FROM outbox WHERE destination = ?1 AND key = ?2 AND reason IS NULL))
ON CONFLICT (destination, event_id) DO NOTHING
"""

# INDEXED BY: left to itself SQLite takes the index over due_at and sorts all that is due, at every wave.
DUE = """
SELECT row, destination, key, event_id, kind, org, rule, entity, sequence, created_at, content_type,
       expires_at, gone, skipped, attempts, body
FROM outbox INDEXED BY outbox_heads WHERE head = 1 AND destination = ? AND due_at <= ?
ORDER BY row LIMIT ?
"""

PROBE = """
SELECT row, destination, key, event_id, kind, org, rule, entity, sequence, created_at, content_type,
       expires_at, gone, skipped, attempts, body
FROM outbox INDEXED BY outbox_tries WHERE head = 1 AND destination = ? AND due_at <= ?
ORDER BY attempts, row LIMIT ?
"""

EXPIRE = """
DELETE FROM outbox INDEXED BY outbox_expiring WHERE destination = ? AND reason IS NULL AND expires_at < ?
RETURNING key, event_id
"""

CROWDED = """
SELECT DISTINCT key FROM outbox INDEXED BY outbox_behind
WHERE head = 0 AND reason IS NULL AND kept = 0 AND destination = ?
"""

QUEUED = """
SELECT row, event_id, rule, kind, attempts, skipped FROM outbox
WHERE destination = ? AND key = ? AND reason IS NULL ORDER BY row
"""

REMOVE = "DELETE FROM outbox WHERE row = ?"

KEEP = "UPDATE outbox SET kept = 1, head = ?, skipped = ? WHERE row = ?"

FORGET = "DELETE FROM outbox WHERE row = ? AND destination = ? AND reason IS NULL RETURNING key, event_id"

# What is true for minutes only is of no use to anybody later.
DISCARD = """
DELETE FROM outbox WHERE row = ? AND destination = ? AND reason IS NULL AND kind = 'heartbeat'
RETURNING key, event_id
"""

BURY = """
UPDATE outbox SET reason = ?, detail = ?, ended_at = ?, head = 0, attempts = attempts + 1
WHERE row = ? AND destination = ? AND reason IS NULL RETURNING key, event_id
"""

POSTPONE = """
UPDATE outbox SET due_at = ?, attempts = attempts + 1
WHERE row = ? AND destination = ? AND reason IS NULL RETURNING event_id
"""

DEMOTE = "UPDATE outbox SET head = 0, kept = 0 WHERE destination = ? AND key = ? AND reason IS NULL"

PROMOTE = """
UPDATE outbox SET head = 1 WHERE row =
    (SELECT min(row) FROM outbox WHERE destination = ? AND key = ? AND reason IS NULL)
"""

EXPEDITE = "UPDATE outbox SET due_at = 0 WHERE head = 1 AND destination = ? AND due_at > ?"

NEXT_DUE = "SELECT min(due_at) FROM outbox WHERE head = 1 AND destination = ?"

BACKLOG = """
SELECT name,
       (SELECT count(*) FROM outbox WHERE destination = name AND reason IS NULL),
       (SELECT created_at FROM outbox
        WHERE row = (SELECT min(row) FROM outbox WHERE head = 1 AND destination = name)),
       (SELECT count(*) FROM outbox WHERE destination = name AND reason IS NOT NULL)
FROM destinations ORDER BY name
"""

# What belongs to a destination that is not there any more.

DESTINATIONS = "SELECT name FROM destinations ORDER BY name"

DISBAND_HELD = "DELETE FROM held WHERE destination = ? RETURNING event_id, fresh"

DISBAND = "DELETE FROM gatherings WHERE destination = ?"

BURY_ALL = """
UPDATE outbox SET reason = ?, detail = ?, ended_at = ?, head = 0
WHERE destination = ? AND reason IS NULL AND kind <> 'heartbeat' RETURNING event_id
"""

DISCARD_ALL = "DELETE FROM outbox WHERE destination = ? AND reason IS NULL RETURNING event_id"

FORGET_DESTINATION = """
DELETE FROM destinations WHERE name = ?1 AND NOT EXISTS
    (SELECT 1 FROM outbox WHERE destination = ?1 AND reason IS NOT NULL)
"""

# Letters: the outbox as people see it.

_LETTER = """
SELECT row, destination, key, event_id, kind, created_at, due_at, attempts, skipped, reason, detail,
       content_type, body,
       (SELECT reason || ': ' || detail FROM tries
        WHERE tries.event_id = outbox.event_id AND tries.destination = outbox.destination AND reason <> ''
        ORDER BY tries.row DESC LIMIT 1)
"""

LETTER = f"""
{_LETTER}FROM outbox WHERE row = ?
"""

LETTERS = f"""
{_LETTER}FROM outbox WHERE row > :after AND (:waiting = 0 OR reason IS NULL) ORDER BY row LIMIT :limit
"""

GRAVES = f"""
{_LETTER}FROM outbox INDEXED BY outbox_graves
WHERE reason IS NOT NULL AND row > :after AND (:destination IS NULL OR destination = :destination)
ORDER BY row LIMIT :limit
"""

# Row numbers first, from small indexes: most of the outbox may be another destination's.
LETTERS_TO = f"""
{_LETTER}FROM outbox WHERE row IN (
    SELECT row FROM outbox INDEXED BY outbox_waiting
    WHERE destination = :destination AND reason IS NULL AND row > :after
    UNION ALL
    SELECT row FROM outbox INDEXED BY outbox_dead
    WHERE destination = :destination AND reason IS NOT NULL AND row > :after AND :waiting = 0
    ORDER BY row LIMIT :limit)
ORDER BY row
"""  # noqa: S608 - columns, no values

# The newest event of an alert goes to everybody who heard of it: what is not here any more has been sent.
SUPERSEDED = """
SELECT 1 FROM outbox AS old WHERE row = ? AND reason IS NOT NULL
    AND (EXISTS (SELECT 1 FROM states WHERE states.org = old.org AND states.rule = old.rule
                 AND states.entity = old.entity AND states.sequence > old.sequence)
         OR EXISTS (SELECT 1 FROM gatherings WHERE gatherings.destination = old.destination
                    AND gatherings.key = substr(old.key, 7) AND old.kind = 'grouped'
                    AND told_at > 1000 * (old.sequence + 2)))
    AND NOT EXISTS (SELECT 1 FROM outbox AS young WHERE young.destination = old.destination
                    AND young.key = old.key AND young.sequence > old.sequence AND young.reason IS NULL)
    AND NOT EXISTS (SELECT 1 FROM outbox AS young WHERE young.destination = old.destination
                    AND young.key = old.key AND young.sequence > old.sequence AND young.reason IS NOT NULL)
"""

REVIVE = """
UPDATE outbox SET reason = NULL, detail = NULL, ended_at = NULL, attempts = 0, due_at = 0, head = 0,
                  created_at = ?
WHERE row = ? RETURNING destination, key
"""

FORGET_GRAVES = """
DELETE FROM outbox WHERE row IN (SELECT row FROM outbox WHERE ended_at < ? ORDER BY ended_at LIMIT ?)
RETURNING row
"""

DROP = "DELETE FROM outbox WHERE row = ? RETURNING destination, key, event_id"

# Groups, and what waits in them.

GATHERING = "SELECT told_at, due_at FROM gatherings WHERE destination = ? AND key = ?"

PUT_GATHERING = """
INSERT INTO gatherings (destination, key, labels, wait, interval, due_at) VALUES (?,?,?,?,?,?)
ON CONFLICT (destination, key) DO UPDATE
SET labels = excluded.labels, wait = excluded.wait, interval = excluded.interval, due_at = excluded.due_at
"""

HOLDING = """
SELECT org, rule, entity, sequence, event_id, ends, created_at, note, fresh, told, skipped, body FROM held
WHERE destination = ? AND gathering = ? AND org = ? AND rule = ? AND entity = ?
"""

PUT_HELD = """
INSERT INTO held (destination, gathering, org, rule, entity, sequence, event_id, ends, created_at,
                  note, fresh, told, skipped, body)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (destination, org, rule, entity, gathering) DO UPDATE
SET sequence = excluded.sequence, event_id = excluded.event_id, ends = excluded.ends,
    created_at = excluded.created_at, note = excluded.note, fresh = excluded.fresh, told = excluded.told,
    skipped = excluded.skipped, body = excluded.body
"""

ELSEWHERE = """
SELECT gathering, org, rule, entity, sequence, event_id, ends, created_at, note, fresh, told, skipped, body
FROM held
WHERE destination = ? AND org = ? AND rule = ? AND entity = ? AND gathering IS NOT ? AND sequence < ?
"""

HURRY = """
UPDATE gatherings SET due_at = min(coalesce(due_at, ?1), ?1) WHERE destination = ?2 AND key = ?3
"""

# The second half: a date no sane clock has set, so the clock was set back since.
RIPE = """
SELECT row, destination, key, labels, wait, interval FROM gatherings INDEXED BY gatherings_due
WHERE due_at IS NOT NULL AND (due_at <= :now OR due_at - 1000000 * (wait + interval + :slack) > :now)
ORDER BY due_at, row
"""

MEMBERS = """
SELECT row, org, rule, entity, sequence, event_id, ends, created_at, note, fresh, told, skipped, body
FROM held
WHERE destination = ? AND gathering = ? ORDER BY row
"""

LOSE = "DELETE FROM held WHERE row = ?"

LULL = "UPDATE gatherings SET due_at = NULL WHERE row = ?"

RELEASE = """
DELETE FROM held WHERE destination = ? AND gathering = ? AND org = ? AND rule = ? AND entity = ?
"""

TELL = """
UPDATE held SET fresh = ?, told = ?, skipped = ?
WHERE destination = ? AND gathering = ? AND org = ? AND rule = ? AND entity = ?
"""

FRESH = "SELECT max(fresh) FROM held WHERE destination = ? AND gathering = ?"

TOLD = "UPDATE gatherings SET told_at = ?, due_at = ? WHERE destination = ? AND key = ?"

EMPTY = """
DELETE FROM gatherings WHERE destination = ?1 AND key = ?2 AND told_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM held WHERE destination = ?1 AND gathering = ?2)
"""

NEXT_FOLD = "SELECT min(due_at) FROM gatherings WHERE due_at IS NOT NULL"

# interval is added: until then the group still says when its next telling may be.
OUTWORN = """
DELETE FROM gatherings WHERE told_at + 1000000 * interval < ? AND NOT EXISTS
    (SELECT 1 FROM held WHERE held.destination = gatherings.destination AND held.gathering = gatherings.key)
"""

# The journal.

PUT_ENTRY = """
INSERT INTO entries (event_id, at, kind, org, rule, entity, queue, severity, sequence, body)
VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (event_id) DO NOTHING
"""

# What has no entry, as a heartbeat, and went into no telling, is looked up by nobody.
PUT_TRY = """
INSERT INTO tries (event_id, at, destination, outcome, reason, detail)
SELECT ?1, ?2, ?3, ?4, ?5, ?6
WHERE EXISTS (SELECT 1 FROM entries WHERE event_id = ?1) OR EXISTS (SELECT 1 FROM folded WHERE fold_id = ?1)
"""

# An event was replaced while a telling was made of it.
UNSAY_SKIPPED = "DELETE FROM tries WHERE event_id = ? AND destination = ? AND outcome = 'skipped'"

PUT_FOLDED = "INSERT OR IGNORE INTO folded (event_id, fold_id) VALUES (?,?)"

HISTORY = """
SELECT event_id, at, kind, org, rule, entity, queue, severity, sequence, body
FROM entries INDEXED BY entries_at
WHERE at >= :since AND (at, row) < (:at, :row) AND queue GLOB :queue AND rule GLOB :rule
    AND (:org IS NULL OR org = :org)
ORDER BY at DESC, row DESC LIMIT :limit
"""

HISTORY_OF = """
SELECT event_id, at, kind, org, rule, entity, queue, severity, sequence, body
FROM entries INDEXED BY entries_entity
WHERE entity = :entity AND at >= :since AND (at, row) < (:at, :row) AND queue GLOB :queue AND rule GLOB :rule
    AND (:org IS NULL OR org = :org)
ORDER BY at DESC, row DESC LIMIT :limit
"""

POSITION = "SELECT at, row FROM entries WHERE event_id = ?"

TRIES = """
SELECT at, destination, outcome, reason, detail FROM tries
WHERE event_id = ?1 OR event_id IN (SELECT fold_id FROM folded WHERE event_id = ?1) ORDER BY at, row
"""

FORGET_ENTRIES = """
DELETE FROM entries WHERE row IN (SELECT row FROM entries WHERE at < ? ORDER BY at LIMIT ?) RETURNING event_id
"""

FORGET_TRIES = "DELETE FROM tries WHERE event_id = ?"

FORGET_FOLDED = "DELETE FROM folded WHERE event_id = ? RETURNING fold_id"

FORGET_FOLD = """
DELETE FROM tries WHERE event_id = ?1 AND NOT EXISTS (SELECT 1 FROM folded WHERE fold_id = ?1)
    AND NOT EXISTS (SELECT 1 FROM entries WHERE event_id = ?1)
"""

# The readiness check's.

WRITE = "UPDATE probe SET writes = writes + 1"
