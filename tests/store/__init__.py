"""Tests of `monitor.store`, by behaviour."""
