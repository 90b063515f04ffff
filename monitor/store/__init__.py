"""Keeps alerts, the outbox, groups and the journal, so that nothing is lost and nothing is half done.

In: alerts, dispatches, tellings, and what became of tries to send them. Out: the same, after any crash.
Forbidden here: deciding anything (when to retry, what to send), looking into a body, a second connection to
the database, and any answer but StoreError when the disk does not take a write.

An envelope's life, per destination and key in the order of its row:

    committed ──▶ waiting behind an older one ──▶ head: may be sent ──delivered, expired──▶ off
                   │        ▲                       │  ▲
                   │        │ revived               │  └─ retry, destination gone: due later
                   │        └───────────────────────┴──rejected──▶ dead, kept for a person to see
                   └─ a newer one takes its place, where the destination wants only that ──▶ off

The dead, and what nobody can look up any more, go when the journal forgets what is as old.

A held event's, per destination, group and alert:

    committed ──▶ fresh ──told──▶ told of ──a newer event of its alert──▶ fresh
                    │               ├── it ended the alert ──▶ off
                    │               └── its alert is told by another way ──▶ fresh, as an end
                    └── over, or told by another way, before it was told ──▶ off
"""
