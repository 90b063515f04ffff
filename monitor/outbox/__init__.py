"""Takes committed events to their destinations: at least once, in order, whatever breaks in between.

In: alert events (turned into bytes once, before they are committed), due envelopes, a sink's outcome.
Out: state records and envelopes to commit; tries, settled. Forbidden here: the pure modules (`envelope`,
`routing`, `retry`) do no I/O and know no time but what they are given; the relay never drops an
envelope, never sends one behind an older one of its key, and knows no sink's trade.

One destination's worker:

    idle ──woken, or a retry is due──▶ sending ──something was taken──▶ sending, until nothing is due ──▶ idle
                                         │ all of a wave failed                       ▲
                                         ▼                                            │ a probe was taken:
                                       failing: pauses, doubled up to 60 s, and probes┘ everything is due
"""
