"""Turns judgements into alerts and alerts into events, durably.

In: batches and failures from pollers. Out: one transaction per batch that holds every changed alert, the
events' envelopes and the newest state per entity; then a wake-up for the relay. `machine` is the pure
life cycle (its states are drawn in `model.alert`), `manager` loads, steps and commits. Forbidden: sending
anything, knowing destinations, advancing in memory what the store refused.
"""
