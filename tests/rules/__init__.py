"""Tests of `monitor.rules`, by behaviour."""
