"""Tests of `monitor.sources`, by behaviour."""
