"""Keeps alerts, the newest event of each, and the outbox, so that nothing is lost and nothing is half done.

In: alerts, state records, envelopes, and what became of tries to send them. Out: the same, after any
crash. Forbidden here: deciding anything (when to retry, what to send), a second connection to the
database, and any answer but StoreError when the disk does not take a write.

An envelope's life, per destination and key in the order of its row:

    committed ──▶ waiting behind an older one ──▶ head: may be sent ──delivered──▶ gone
                                                    │  ▲
                                                    │  └─ retry: due later
                                                    └──rejected, expired──▶ dead, kept for a person to see
"""
