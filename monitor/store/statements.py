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

PUT_STATE = """
INSERT INTO states (org, rule, entity, event_id, sequence, body) VALUES (?,?,?,?,?,?)
ON CONFLICT DO UPDATE SET event_id = excluded.event_id, sequence = excluded.sequence, body = excluded.body
WHERE excluded.sequence > sequence
"""

PUT_DESTINATION = "INSERT OR IGNORE INTO destinations (name) VALUES (?)"

PUT_ENVELOPE = """
INSERT INTO outbox (destination, key, event_id, kind, org, rule, entity, sequence, created_at, body, head)
VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,
        NOT EXISTS (SELECT 1 FROM outbox WHERE destination = ?1 AND key = ?2 AND reason IS NULL))
ON CONFLICT (destination, event_id) DO NOTHING
"""

# INDEXED BY: left to itself SQLite takes the index over due_at and sorts all that is due, at every wave.
DUE = """
SELECT row, destination, key, event_id, kind, org, rule, entity, sequence, created_at, attempts, body
FROM outbox INDEXED BY outbox_heads WHERE head = 1 AND destination = ? AND due_at <= ?
ORDER BY row LIMIT ?
"""

PROBE = """
SELECT row, destination, key, event_id, kind, org, rule, entity, sequence, created_at, attempts, body
FROM outbox INDEXED BY outbox_tries WHERE head = 1 AND destination = ? AND due_at <= ?
ORDER BY attempts, row LIMIT ?
"""

FORGET = "DELETE FROM outbox WHERE row = ? AND destination = ? AND reason IS NULL RETURNING key"

BURY = """
UPDATE outbox SET reason = ?, detail = ?, head = 0, attempts = attempts + 1
WHERE row = ? AND destination = ? AND reason IS NULL RETURNING key
"""

POSTPONE = """
UPDATE outbox SET due_at = ?, attempts = attempts + 1
WHERE row = ? AND destination = ? AND reason IS NULL
"""

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

WRITE = "UPDATE probe SET writes = writes + 1"
