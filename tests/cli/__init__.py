"""Tests of `monitor.cli`, by behaviour."""
