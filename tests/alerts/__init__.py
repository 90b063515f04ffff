"""Tests of `monitor.alerts`, by behaviour."""
