"""Whatever a name holds, it is one topic level that no broker refuses and nothing else encodes to."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sinks import topics


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("acme", "acme"),
        ("5f2c/voice", "5f2c%2Fvoice"),  # an entity is one level
        ("Gold+ #1 $SYS", "Gold%2B%20%231%20%24SYS"),
        ("Störung", "St%C3%B6rung"),
        ("", "%00"),  # never an empty level
        ("a\0b", "a%00b"),
        ("\ud800", "%5Cud800"),  # a lone surrogate cannot be UTF-8
    ],
)
def test_names_become_levels(name: str, level: str):
    """Percent-encoding, with two guards."""
    assert topics.level(name) == level


@given(st.text(st.characters(), max_size=2000))
def test_every_level_is_harmless(name: str):
    """No separator, wildcard or control character; bounded; decodable while it is not too long."""
    level = topics.level(name)
    assert 0 < len(level) <= topics.LEVEL_LIMIT
    assert level.isascii()
    assert level.isprintable()
    assert not set(level) & set("/+#$ \0")
    if name and name.isprintable() and len(level) < 300 and "\\" not in name and "~" not in name:
        assert unquote(level) == name


def test_long_names_stay_apart():
    """Cut to the same beginning, they differ by their hash."""
    assert topics.level("ö" * 5000) != topics.level("ö" * 5001)


def test_the_tree():
    """Every kind of topic."""
    assert topics.event("queuewatch", "acme") == "queuewatch/acme/event"
    assert topics.state("qw/eu", "a/c", "Low", "q/voice") == "qw/eu/a%2Fc/state/Low/q%2Fvoice"
    assert topics.availability("queuewatch", "one") == "queuewatch/instance/one/availability"
    assert topics.heartbeat("queuewatch", "a b") == "queuewatch/instance/a%20b/heartbeat"
    assert topics.command("queuewatch", "b/c") == "queuewatch/b%2Fc/command"
    assert topics.answer("queuewatch", "b/c") == "queuewatch/b%2Fc/answer"
