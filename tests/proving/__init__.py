"""Tests of `monitor.proving`, by behaviour."""
