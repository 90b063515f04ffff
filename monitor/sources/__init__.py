"""Asks one question each, over and over, and makes samples of the answers.

In: a `Platform` that answers, a cadence. Out: one `SampleBatch` or `SourceFailure` per poll, handed to
every consumer in order. Forbidden: knowing a dialect, judging, keeping an old answer alive after a
failure, and a second loop: `poller` is the only one.
"""
