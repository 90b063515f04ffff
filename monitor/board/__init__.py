"""The wall of queues: what every queue is like now and was in the last hour, in memory and bounded.

In: poll results. Out: one line per queue, joined with its alerts, worst first, filtered and grouped. What may
not happen: a figure that is not known shown as 0, one that is too old shown as new, or memory that grows
with time.
"""
