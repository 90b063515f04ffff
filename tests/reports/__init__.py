"""Tests of `monitor.reports`, by behaviour."""
