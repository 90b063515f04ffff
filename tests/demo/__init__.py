"""Tests of `monitor.demo`, by behaviour."""
