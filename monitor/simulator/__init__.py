"""The simulator: a whole contact centre behind the platform's own endpoints, for demos and tests.

In: a seed, a description of a contact centre, a clock, and HTTP requests. Out: the answers Genesys Cloud
would give, or deliberately bad ones.

    scenario ─▶ world ─▶ platform, aggregates, users, tasks ─▶ desk, analytics ─▶ server ─▶ loopback HTTP
    centre  ──▶ ledger, workbench ─▶ guides ───────────────────▶ ▲
                                                      faults, tokens, jobs

What may not happen here: no import of anything else of ours, so that a mistake in our decoders cannot be
repeated here and test green; no clock of its own (time is handed in); no I/O and no logging but in `desk`,
`server`, `mischief`, `asked` and `tokens`. All names, ids and people are invented.
"""
