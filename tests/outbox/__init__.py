"""Tests of `monitor.outbox`, by behaviour."""
