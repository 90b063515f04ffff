"""Tests of `monitor.kit`, by behaviour."""
