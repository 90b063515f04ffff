"""Tests of `monitor.web.page`, by behaviour."""
