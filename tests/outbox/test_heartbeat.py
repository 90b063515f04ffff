"""The sign of life and the drill: what they are, and what tells them from alerts."""

from datetime import timedelta

from monitor.model.alert import DRILL, OURSELVES, WATCHDOG, AlertState, EventKind
from monitor.outbox import envelope
from monitor.outbox.drill import drill
from monitor.outbox.heartbeat import heartbeat
from tests.outbox.making import NOW, a_dispatcher


def test_a_heartbeat_says_that_we_are_alive():
    """Kind, name and org are its own; its value is its period."""
    beat = heartbeat("here", NOW, 60.0, ["ping", "hook"])
    assert (beat.kind, beat.rule, beat.org, beat.reason) == (
        EventKind.HEARTBEAT,
        WATCHDOG,
        OURSELVES,
        "alive",
    )
    assert (beat.entity.key, beat.evidence.value, beat.occurred_at) == ("here", 60.0, NOW)
    assert beat.audience == {"ping": None, "hook": None}


def test_a_period_has_one_heartbeat():
    """Its id and number are those of the period: made twice after a restart, it is still one."""
    first = heartbeat("here", NOW, 60.0, ["ping"])
    again = heartbeat("here", NOW + timedelta(seconds=59), 60.0, ["ping"])
    later = heartbeat("here", NOW + timedelta(seconds=60), 60.0, ["ping"])
    other = heartbeat("there", NOW, 60.0, ["ping"])
    assert (first.id, first.sequence) == (again.id, again.sequence)
    assert later.sequence == first.sequence + 1
    assert len({first.id, later.id, other.id}) == 3


def test_a_clock_that_is_set_back_makes_no_number_twice():
    """The next heartbeat's number is beyond the one sent last; a clock that runs on decides by itself."""
    last = heartbeat("here", NOW, 60.0, ["ping"])
    back = heartbeat("here", NOW - timedelta(hours=1), 60.0, ["ping"], after=last.sequence)
    assert back.sequence == last.sequence + 1
    on = heartbeat("here", NOW + timedelta(hours=1), 60.0, ["ping"], after=last.sequence)
    assert on.sequence == last.sequence + 60


def test_a_drill_fires_and_is_over():
    """Two events of one episode, marked as a drill; the second leaves nothing to be shown."""
    fired, resolved = drill("oncall", 7, NOW, ["pager", "chat"])
    assert [one.kind for one in (fired, resolved)] == [EventKind.FIRED, EventKind.RESOLVED]
    assert [one.state for one in (fired, resolved)] == [AlertState.FIRING, AlertState.INACTIVE]
    assert [(one.episode, one.sequence) for one in (fired, resolved)] == [(7, 13), (7, 14)]
    assert [one.gone for one in (fired, resolved)] == [False, True]
    assert all(one.drill and one.rule == DRILL and one.org == OURSELVES for one in (fired, resolved))
    assert fired.audience == {"pager": None, "chat": None}
    assert fired.id != resolved.id


def test_drills_follow_one_another():
    """The next one's events are other events, with higher numbers."""
    first, second = drill("oncall", 7, NOW, ["pager"]), drill("oncall", 8, NOW, ["pager"])
    assert len({one.id for one in (*first, *second)}) == 4
    assert first[1].sequence < second[0].sequence


def test_a_drill_says_so_on_the_wire():
    """Whoever reads only the body knows that nothing has happened."""
    fired, resolved = drill("oncall", 1, NOW, ["pager"])
    dispatcher = a_dispatcher("pager")
    assert envelope.decode(dispatcher.dispatch(fired).envelopes[0].body).data.drill
    over = dispatcher.dispatch(resolved)
    assert over.state is not None
    assert over.state.body == b""
