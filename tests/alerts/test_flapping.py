"""Flap detection: against Icinga 2's arithmetic, and where flapping begins and ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.flapping import History

STATES = st.lists(st.booleans(), max_size=80)


def told(states: str | list[bool], **limits: float) -> History:
    """Tell a new history these states, oldest first; `x` is firing."""
    history = History()
    for state in states:
        history = history.after(state in (True, "x"), **limits)
    return history


class Buffer:
    """Icinga 2's ring of changes, written as its source has it, in floats."""

    def __init__(self, first: bool) -> None:
        self.changes = [False] * 20
        self.index = 0
        self.last = first

    def told(self, state: bool) -> float:
        """Take one more state and return the percentage."""
        self.changes[self.index] = state != self.last
        self.last = state
        self.index = (self.index + 1) % 20
        weighted = sum(0.8 + 0.02 * i for i in range(20) if self.changes[(self.index + i) % 20])
        return 100.0 * weighted / 20.0


@given(STATES)
def test_the_percentage_is_icingas(states: list[bool]) -> None:
    """After every state, whatever came before, both say the same."""
    buffer, history = Buffer(states[0] if states else False), History()
    for state in states:
        history = history.after(state)
        assert history.percent == pytest.approx(buffer.told(state))


@pytest.mark.parametrize(
    ("states", "percent"),
    [
        ("", 0.0),
        ("x", 0.0),  # the first state is no change
        (".x", 5.9),  # one change, the newest: 1.18 of 20
        (".x" + "x" * 19, 4.0),  # the same change as the oldest: 0.8 of 20
        (".x" + "x" * 20, 0.0),  # and forgotten
        (".x.x.x", 28.5),  # the five newest weigh 5.7
        (".x.x.x.", 33.9),  # the six newest 6.78
        (".x" * 30, 99.0),  # every time: 19.8 of 20
        ("x" * 40, 0.0),
    ],
)
def test_newer_changes_weigh_more(states: str, percent: float) -> None:
    """From 0.8 for the oldest of twenty to 1.18 for the newest."""
    assert told(states).percent == percent


@pytest.mark.parametrize(
    ("states", "flapping"),
    [
        (".x.x.x", False),  # 28.5 %
        (".x.x.x.", True),  # 33.9 %
        (".x.x.x.....", True),  # 31.5 %
        (".x.x.x..............", True),  # 26.1 %: below the start, not below the end
        (".x.x.x...............", True),  # 25.5 %
        (".x.x.x................", False),  # 21 %: the oldest change has left the ring
    ],
)
def test_flapping_ends_lower_than_it_begins(states: str, flapping: bool) -> None:
    """It begins above 30 % and ends below 25 %."""
    assert told(states).flapping is flapping


@pytest.mark.parametrize(("high", "flapping"), [(33.9, False), (33.8, True)])
def test_it_begins_beyond_the_upper_limit(high: float, flapping: bool) -> None:
    """The limit itself is not beyond it."""
    assert told(".x.x.x.", high=high).flapping is flapping


@pytest.mark.parametrize(("low", "flapping"), [(33.3, True), (33.4, False)])
def test_it_ends_below_the_lower_limit(low: float, flapping: bool) -> None:
    """The limit itself is not below it."""
    assert told(".x.x.x..", high=33.5, low=low).flapping is flapping


@given(STATES, STATES)
def test_only_the_last_twenty_one_states_count(before: list[bool], states: list[bool]) -> None:
    """What was longer ago is forgotten, and what is kept stays small."""
    last = [False] * 21 + states
    assert told(before + last).percent == told(last).percent
    assert told(before + last).bits < 2**21


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_firing_and_not_firing_are_alike(states: list[bool]) -> None:
    """The mirrored states give the same percentage."""
    assert told(states).percent == told([not state for state in states]).percent


@given(STATES, st.booleans())
def test_the_three_fields_are_all_there_is(states: list[bool], state: bool) -> None:
    """A history put together again from what was stored goes on as if nothing had been."""
    history = told(states)
    again = History(bits=history.bits, count=history.count, flapping=history.flapping)
    assert again.after(state) == history.after(state)
