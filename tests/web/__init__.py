"""Tests of `monitor.web`, by behaviour."""
