"""Regular expressions are bounded before they run."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import patterns

HARMFUL = [
    "(a+)+b",
    "(a*)*b",
    "(a|a)*b",
    "(a?){50}b",
    "(.*a){20}b",
    ".*.*.*.*b",
    "a?" * 40 + "a" * 40,
    "(a|a)" * 30 + "b",
    "(?:(?:){200}){200}" * 5,
    "(?:){1000000000}",
    "((a+){2})+b",
    "(a{0,9}){0,9}b",
    "a{,200}" * 5 + "b",
    "(?=(a+)+)b",
    r"(a)\1*",
    "(?P<x>a)(?P=x)",
    "(?x)(a +) +",
    "(?>a+)b",
    "(a+){}" * 4 + "b",
]
HARMLESS = [
    "Support.*",
    "(?i)support|sales|vip",
    "(Sales|Support)-(DE|FR|UK)-[0-9]{3}",
    "(?P<team>[A-Z]+)_.*",
    "[]a^-]+",
    r"[^\]]*\.\d{3}",
    "(ab)*",
    "a++b",
    ".*?x",
    "(?:Tier )?[12]",
    "a{}",
    "",
]


@pytest.mark.parametrize("expression", HARMFUL)
def test_what_may_hang_is_refused(expression):
    """Nested repeats, choices in a row, references and look-arounds."""
    with pytest.raises(patterns.TooMuch):
        patterns.check(expression)


@pytest.mark.parametrize("expression", HARMLESS)
def test_what_people_write_is_accepted(expression):
    """Names, alternatives, sets, simple repeats."""
    patterns.check(expression)


def test_invalid_ambiguous_and_long_ones_are_refused():
    """What `re` refuses, warns about, or would take for ever to read."""
    with pytest.raises(re.error):
        patterns.check("(")
    for expression in ("[[a]]", "x" * 201, "a{99999999999999999999}"):
        with pytest.raises(patterns.TooMuch):
            patterns.check(expression)


@given(st.text(alphabet=st.sampled_from("ab.*+?|(){}[]1,9^$\\:PAi-"), max_size=40))
@settings(deadline=None)
def test_what_is_accepted_is_quick(expression):
    """No accepted expression needs long for the worst names."""
    try:
        patterns.check(expression)
    except (patterns.TooMuch, re.error):
        return
    compiled = re.compile(expression)
    began = time.perf_counter()
    for name in ("a" * 200, "ab" * 100, "a" * 199 + "!"):
        compiled.fullmatch(name)
    assert time.perf_counter() - began < 2
