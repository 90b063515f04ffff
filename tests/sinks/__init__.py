"""Tests of `monitor.sinks`, by behaviour."""
