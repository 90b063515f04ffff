"""Tests of `monitor.checkup`, by behaviour."""
