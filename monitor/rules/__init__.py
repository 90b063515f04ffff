"""Judges samples by rules. Pure: no clock, no I/O, no logging, no event loop.

In: a rule, a batch, and which of its alerts are active. Out: judgements (entity, verdict, value), only
for entities that matter: breached now, or active before. A value that is unknown gives `no_data`.
"""
