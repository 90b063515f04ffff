"""Tests of `monitor.clients`, by behaviour."""
