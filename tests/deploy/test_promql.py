"""What reads PromQL for the checks."""

import pytest

from tests.deploy.promql import relaxed, selectors


@pytest.mark.parametrize(
    ("promql", "found"),
    [
        ("up", ["up"]),
        ('sum by (org) (rate(x_total{a="b}", c=~"d"}[5m] offset 1h)) / 2', ['x_total{a="b}",c=~"d"}']),
        ("a:b:c < on (org) group_left (queue) max by (org) (d{})  # e\nunless f", ["a:b:c", "d{}", "f"]),
        ("a > bool 1e3 and b == Inf or a", ["a", "b", "a"]),
        ("max without (instance) (avg_over_time(a[1h:5m])) * 1.5", ["a"]),
        ("sum(a) by (b)", ["a"]),
        ("time() - timestamp(a @ end())", ["a"]),
        ("vector(0)", []),
    ],
)  # fmt: skip
def test_selectors_are_found(promql: str, found: list[str]):
    """Metrics with their matchers; no functions, labels, keywords, numbers, ranges."""
    assert [one.text for one in selectors(promql)] == found


@pytest.mark.parametrize(
    ("promql", "made"),
    [
        ("a < 1", "a < bool 1"),
        ('a{b="c",d!="e"} >= bool 1', 'a { b = "c" , d != "e" } >= bool 1'),
        ("a != on (b) c unless d", "a != bool on ( b ) c and d"),
        ('f(a, "< 1") == 2  # b', 'f ( a , "< 1" ) == bool 2'),
    ],
)
def test_comparisons_are_relaxed(promql: str, made: str):
    """Comparisons outside of matchers and texts get `bool`, once; `unless` becomes `and`."""
    assert relaxed(promql) == made
