"""Tests of `monitor.web.api`, by behaviour."""
