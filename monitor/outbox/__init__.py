"""Takes committed events to their destinations: at least once, in order, whatever breaks in between.

In: alert events (turned into bytes once, before they are committed), groups whose time has come, due
envelopes, a sink's outcome. Out: everything an event commits; tellings of groups; tries, settled. Forbidden
here: the pure modules (`envelope`, `notice`, `forms`, `dispatching`, `routing`, `retry`, `heartbeat`,
`drill`) do no I/O and know no time but what they are given; the relay never drops an envelope but one that
is past its own time, never sends one behind an older one of its key, and knows no sink's trade.

One destination's worker:

    idle ──woken, or a retry is due──▶ sending ──something was taken──▶ sending, until nothing is due ──▶ idle
                                         │ all of a wave failed                       ▲
                                         ▼                                            │ a probe was taken:
                                       failing: pauses, doubled up to 60 s, and probes┘ everything is due
                                         │ the destination says that it is gone       ▲
                                         ▼                                            │ somebody enables it
                                       disabled: nothing is sent ─────────────────────┘
"""
