"""Figures, dates and names as the page says them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model.rule import Level, Severity
from monitor.web.page import wording
from tests.builders import EPOCH
from tests.web.page.making import a_level


@pytest.mark.parametrize(
    ("ratio", "target", "shown"),
    [
        (0.7083, 0.8, "71 %"),
        (0.797, 0.8, "79.7 %"),
        (0.8, 0.8, "80 %"),
        (0.999, None, "99 %"),
        (1.0, 0.8, "100 %"),
        (0.0, 0.8, "0 %"),
        (None, 0.8, "–"),
    ],
)
def test_a_share_never_looks_better_than_it_is(ratio: float | None, target: float | None, shown: str) -> None:
    """Whole per cent, but for what would look as if it met its target or were whole."""
    assert wording.share(ratio, target) == shown


def test_a_length_is_of_whole_seconds() -> None:
    """Nothing that is asked for every few seconds is known to a tenth of one."""
    shown = [wording.length(one) for one in (0.35, 3.2, 59.7, 90.0, None)]
    assert shown == ["0 s", "3 s", "1 m", "1 m 30 s", "–"]


def test_a_level_says_what_it_is_of() -> None:
    """How many of how many, within what and in which window; what is not known is left out."""
    assert wording.attained(a_level(0.75)) == "36 of 48 within 20 s · 15m"
    assert wording.attained(replace(a_level(), met=None)) == "within 20 s · 15m"
    assert wording.attained(a_level(None, idle=True)) == "nothing offered · 15m"
    assert wording.attained(None) == ""


def test_a_date_has_its_day_where_it_is_not_todays() -> None:
    """Today's dates show the second, older ones the day; both are exact for machines."""
    today = wording.when(EPOCH - timedelta(hours=1), EPOCH)
    older = wording.when(EPOCH - timedelta(days=1), EPOCH)
    assert today == wording.When("2026-11-21T08:00:00Z", "08:00:00 UTC")
    assert older == wording.When("2026-11-20T09:00:00Z", "20 Nov 09:00 UTC")
    assert wording.when(None, EPOCH) is None


@pytest.mark.parametrize(
    ("metric", "amount", "shown"),
    [
        ("service_level_ratio", 0.54, "54 %"),
        ("queue_longest_wait_seconds", 95.0, "1 m 35 s"),
        ("queue_waiting", 17.0, "17"),
        ("", 1.254, "1.25"),
        ("queue_waiting", None, "–"),
    ],
)
def test_a_value_has_the_unit_of_its_metric(metric: str, amount: float | None, shown: str) -> None:
    """Ratios are per cent, seconds a length, the rest bare numbers, unknown a dash."""
    assert wording.value(metric, amount) == shown


def test_a_threshold_is_said_in_words() -> None:
    """The edge a value is judged by, in the unit of what is judged."""
    low = Level(severity=Severity.WARNING, low=0.8, clear_low=0.85)
    assert wording.threshold("service_level_ratio", low, 0.7) == "below 80 %"
    high = Level(severity=Severity.WARNING, high=120.0)
    assert wording.threshold("queue_longest_wait_seconds", high, 300.0) == "above 2 m"


def test_a_name_becomes_a_pattern_of_itself() -> None:
    """What a pattern reads as a wildcard is put in brackets."""
    assert wording.glob("What? [*] Sales") == "What[?] [[][*]] Sales"


def test_one_is_not_several() -> None:
    """Counts agree with their noun."""
    assert wording.plural(1, "queue") == "1 queue"
    assert wording.plural(1200, "queue") == "1,200 queues"
