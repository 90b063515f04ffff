"""Tests of `monitor.exposition`, by behaviour."""
