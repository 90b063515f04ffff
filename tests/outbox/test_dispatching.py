"""What one event commits, and what a group comes to: tables of small cases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model.alert import EVERYBODY, OURSELVES, AlertState, EventKind, event_id
from monitor.model.delivery import CLOUDEVENTS, Held, RipeGroup
from monitor.model.rule import Severity
from monitor.outbox import envelope
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.forms import Form
from monitor.outbox.heartbeat import heartbeat
from monitor.outbox.notice import Notice
from tests.outbox.making import NOW, PLAIN, a_dispatcher, a_group, an_entity, an_event, as_it_is

GROUP = a_group()
LATER = NOW + timedelta(seconds=30)
SHORT = Form(content_type="text/plain", encode=lambda notice: f"{notice.receiver} {notice.id}".encode())
STUBBORN = replace(PLAIN, folds=False)


def broken(notice: Notice) -> bytes:
    """Raise what a template may."""
    raise ZeroDivisionError(notice.id)


def held(number: int = 0, sequence: int = 1, *, told: bool = False, fresh: bool = True, **changes) -> Held:
    """Return an event as it waits in a group."""
    event = an_event(number, sequence, audience={"chat": GROUP}, **changes)
    (one,) = a_dispatcher("chat").dispatch(event).held
    return replace(one, told=told, fresh=fresh)


def folded(*members: Held, form: Form = PLAIN, destination: str = "chat"):
    """Return what these come to."""
    ripe = RipeGroup(destination=destination, group=GROUP, members=members)
    return a_dispatcher("chat", form=form).fold(ripe, now=LATER)


def told(*members: Held) -> list[tuple[str, int, str]]:
    """Return who is in the telling, in order: queue, sequence, kind."""
    notices: list[Notice] = []

    def keep(notice: Notice) -> bytes:
        notices.append(notice)
        return b"kept"

    folded(*members, form=Form(content_type="x/y", encode=keep))
    return [
        (event.data.entity["queue"], event.data.sequence, event.data.kind)
        for notice in notices
        for event in notice.events
    ]


@pytest.mark.parametrize(
    ("audience", "addressed"),
    [
        (None, ["hook", "lamp", "chat"]),
        ({EVERYBODY: None}, ["hook", "lamp", "chat"]),
        ({"lamp": None, "hook": None}, ["lamp", "hook"]),
        ({"sold": None, "lamp": None}, ["lamp"]),
        ({}, []),
    ],
)
def test_an_event_reaches_its_audience(audience, addressed: list[str]):
    """All where nobody is named; else those, without whoever is not configured any more."""
    dispatch = a_dispatcher("hook", "lamp", "chat").dispatch(an_event(audience=audience))
    assert [one.destination for one in dispatch.envelopes] == addressed
    assert dispatch.held == ()


def test_an_envelope_says_where_it_belongs():
    """Key, kind and date are the event's; its bytes and their type are the form's."""
    event = an_event(audience={"hook": None})
    (one,) = a_dispatcher("hook", form=SHORT).dispatch(event).envelopes
    assert (one.event_id, one.key, one.kind) == (
        event.id,
        f"acme/ServiceLevelLow/{event.entity.key}",
        EventKind.FIRED,
    )
    assert (one.sequence, one.created_at, one.expires_at) == (1, NOW, None)
    assert (one.body, one.content_type) == (f"hook {event.id}".encode(), "text/plain")


@pytest.mark.parametrize("sequence", [1, 2])
def test_a_group_holds_an_event_back(sequence: int):
    """Whoever hears through a group gets no envelope; the canonical bytes wait, and whether it ends."""
    event = an_event(sequence=sequence, audience={"chat": GROUP, "hook": None})
    dispatch = a_dispatcher("chat", "hook", form=SHORT).dispatch(event)
    (one,) = dispatch.held
    assert [direct.destination for direct in dispatch.envelopes] == ["hook"]
    assert (one.destination, one.group, one.event_id) == ("chat", GROUP, event.id)
    assert (one.ends, one.fresh, one.told) == (sequence == 2, True, False)
    assert one.body == envelope.encode(event)


def test_who_does_not_fold_is_told_at_once():
    """A broker or a pager that cannot take several as one gets each event, group or not."""
    dispatch = a_dispatcher("mqtt", form=STUBBORN).dispatch(an_event(audience={"mqtt": GROUP}))
    assert [one.destination for one in dispatch.envelopes] == ["mqtt"]
    assert dispatch.held == ()


def test_the_state_and_the_entry_are_the_event_as_it_is_kept():
    """Both hold canonical bytes whatever form the destinations want; the entry names the queue."""
    event = an_event()
    dispatch = a_dispatcher("hook", form=SHORT).dispatch(event)
    assert dispatch.state is not None
    assert dispatch.entry is not None
    assert dispatch.state.body == dispatch.entry.body == envelope.encode(event)
    assert (dispatch.entry.queue, dispatch.entry.severity) == ("Support 0", "warning")
    assert (dispatch.state.event_id, dispatch.state.sequence) == (event.id, 1)


def test_what_is_gone_leaves_no_state():
    """Its envelopes say so, and nothing of it is kept to be shown."""
    dispatch = a_dispatcher("hook").dispatch(an_event(sequence=2, gone=True))
    assert dispatch.state is not None
    assert dispatch.state.body == b""
    assert [one.gone for one in dispatch.envelopes] == [True]
    assert dispatch.entry is not None


def test_a_heartbeat_is_worth_nothing_after_two_periods():
    """It has an end, no state and no entry."""
    dispatch = a_dispatcher("ping", "hook").dispatch(heartbeat("here", NOW, 60.0, ["ping"]))
    (one,) = dispatch.envelopes
    assert (one.destination, one.expires_at) == ("ping", NOW + timedelta(seconds=120))
    assert (dispatch.state, dispatch.entry) == (None, None)


def test_a_form_that_fails_loses_nothing():
    """The event goes as plain CloudEvents, to the others as they want it, and somebody hears of it."""
    complaints: list[tuple[str, str]] = []
    forms = {"hook": Form(content_type="text/plain", encode=broken), "chat": SHORT}
    dispatcher = Dispatcher(forms, failed=lambda name, error: complaints.append((name, str(error))))
    event = an_event()
    first, second = dispatcher.dispatch(event).envelopes
    assert (first.body, first.content_type) == (envelope.encode(event), CLOUDEVENTS)
    assert second.content_type == "text/plain"
    assert complaints == [("hook", event.id)]


def test_the_same_event_makes_the_same_bytes():
    """A retry or a restart changes nothing."""
    assert a_dispatcher("hook", "chat").dispatch(an_event()) == a_dispatcher("hook", "chat").dispatch(
        an_event()
    )


def test_a_group_is_told_as_one():
    """One envelope under the group's key, an entry of the kind, no state; told are all its members."""
    members = [held(number) for number in range(3)]
    dispatch, took = folded(*members)
    assert dispatch is not None
    (one,) = dispatch.envelopes
    assert (one.destination, one.key, one.kind) == ("chat", "group:team=support", EventKind.GROUPED)
    assert (one.org, one.rule, one.entity) == ("acme", "group", "team=support")
    assert one.event_id.startswith("fld_")
    assert len(one.event_id) == 30
    assert "." not in one.event_id
    assert one.created_at == LATER
    assert dispatch.state is None
    assert dispatch.entry is not None
    assert (dispatch.entry.event_id, dispatch.entry.kind) == (one.event_id, EventKind.GROUPED)
    assert envelope.decode(dispatch.entry.body).data.reason == "3 firing, 0 over"
    assert list(took) == members


def test_the_worst_and_the_fresh_are_told_first():
    """What is over comes last; of each alert only the newest is told."""
    members = [
        held(0, 1, told=True, fresh=False),
        held(1, 2, told=True),
        held(2, 1, severity=Severity.CRITICAL, told=True, fresh=False),
        held(3, 1, severity=Severity.CRITICAL),
        held(4, 1),
        held(4, 3),
    ]
    assert told(*members) == [
        ("Support 3", 1, "fired"),
        ("Support 4", 3, "fired"),
        ("Support 1", 2, "resolved"),
        ("Support 2", 1, "fired"),
        ("Support 0", 1, "fired"),
    ]


def test_of_equal_news_the_oldest_is_told_first():
    """What there was no room for before must not be passed over for ever."""
    young, old = held(0, occurred_at=LATER), held(1)
    assert told(young, old) == [("Support 1", 1, "fired"), ("Support 0", 1, "fired")]


def test_what_there_is_no_room_for_is_not_told():
    """Those named are told; the others, ends among them, wait; the telling counts them all."""
    narrow = replace(PLAIN, fit=lambda notice: len(notice.events) // 2)
    members = [held(0), held(1, 2, told=True), held(2, told=True, fresh=False), held(3)]
    dispatch, took = folded(*members, form=narrow)
    assert took == (members[0], members[3])
    assert dispatch is not None
    assert dispatch.entry is not None
    assert envelope.decode(dispatch.entry.body).data.reason == "3 firing, 1 over"
    again, took = folded(*members[:3], replace(members[3], fresh=False, told=True), form=narrow)
    assert took == (members[0], members[1])
    assert again is not None
    assert again.envelopes[0].event_id != dispatch.envelopes[0].event_id
    _, took = folded(members[0], form=narrow)
    assert took == (members[0],)


def test_a_form_that_cannot_count_has_room_for_all():
    """Its destination gets the summary, which counts them all."""

    def fit(notice: Notice) -> int:
        raise ZeroDivisionError(notice.id)

    dispatch, took = folded(held(0), held(1), form=Form(content_type="x/y", encode=broken, fit=fit))
    assert dispatch is not None
    assert len(took) == 2


def test_an_empty_body_is_no_envelope():
    """There is nothing to say in that form: the others hear of it, a group is settled without a word."""
    silent = replace(PLAIN, encode=lambda _: b"")
    dispatcher = Dispatcher({"hook": PLAIN, "pager": silent})
    dispatch = dispatcher.dispatch(an_event())
    assert [one.destination for one in dispatch.envelopes] == ["hook"]
    assert dispatch.entry is not None
    assert folded(held(0), form=silent) == (None, (held(0),))
    beat = heartbeat("here", NOW, 60.0, ["pager"])
    assert len(dispatcher.dispatch(beat).envelopes) == 1


@pytest.mark.parametrize(
    ("kind", "state", "ends", "note"),
    [
        (EventKind.FIRED, AlertState.FIRING, False, False),
        (EventKind.REMINDED, AlertState.FIRING, False, False),
        (EventKind.RESOLVED, AlertState.INACTIVE, True, False),
        (EventKind.KNOWN, AlertState.INACTIVE, True, False),
        (EventKind.ACKNOWLEDGED, AlertState.FIRING, False, True),
        (EventKind.FLAPPING, AlertState.FIRING, False, True),
        (EventKind.FLAPPING, AlertState.INACTIVE, True, True),
        (EventKind.STEADY, AlertState.PENDING, True, True),
    ],
)
def test_a_member_ends_where_its_alert_does_not_fire(kind, state, *, ends: bool, note: bool):
    """Whatever the event is called; and a note says nothing of whether it does."""
    one = held(0, kind=kind, state=state)
    assert (one.ends, one.note) == (ends, note)


def test_who_is_told_by_another_way_is_over_here():
    """Its group hears of an end, under the id and the sequence of what it heard before."""
    left = replace(held(0), ends=True, told=True, event_id="evt_9", sequence=9, created_at=LATER)
    notices: list[Notice] = []

    def keep(notice: Notice) -> bytes:
        notices.append(notice)
        return b"kept"

    first, _ = folded(held(0), form=Form(content_type="x/y", encode=keep))
    dispatch, took = folded(left, form=Form(content_type="x/y", encode=keep))
    (said,) = notices[-1].events
    assert took == (left,)
    assert (said.id, said.data.sequence) == (an_event().id, 1)
    assert (said.data.kind, said.data.state, said.data.reason) == ("resolved", "inactive", "moved")
    assert said.data.resolved_at == "2026-11-21T09:00:30.000Z"
    at_once, _ = folded(replace(held(0), ends=True, told=True))  # it left while it was told
    assert first is not None
    assert dispatch is not None
    assert at_once is not None
    assert len({one.envelopes[0].event_id for one in (first, dispatch, at_once)}) == 3


def test_a_reminder_is_no_state():
    """It is said to some of those who heard; what everybody is shown stays as it was."""
    dispatch = a_dispatcher("hook").dispatch(an_event(kind=EventKind.REMINDED))
    assert dispatch.state is None
    assert dispatch.entry is not None
    assert len(dispatch.envelopes) == 1


def test_what_came_and_went_while_it_waited_is_not_told():
    """It is over, and nobody heard of it: alone it makes no telling, with others it is left out."""
    assert folded(held(0, 2)) == (None, ())
    assert told(held(0, 2), held(1, 1)) == [("Support 1", 1, "fired")]


def test_nothing_new_is_not_told_again():
    """Members that were all told before make no telling."""
    assert folded(held(0, told=True, fresh=False), held(1, 2, told=True, fresh=False)) == (None, ())


def test_the_end_of_what_was_told_is_told():
    """Whoever heard of the beginning hears of the end."""
    assert told(held(0, 2, told=True)) == [("Support 0", 2, "resolved")]


def test_a_group_of_somebody_who_is_not_there_waits():
    """Its destination is not configured any more: nothing is made of it."""
    assert folded(held(0), destination="sold") == (None, ())


def test_a_member_that_cannot_be_read_stays():
    """The others are told; it is not among those taken, so that it is not lost either."""
    odd = replace(held(0), body=b"{}")
    dispatch, took = folded(odd, held(1))
    assert dispatch is not None
    assert took == (held(1),)
    assert folded(odd) == (None, ())


def test_the_id_of_a_telling_is_what_is_told():
    """The same members in any order, at any time, have the same id; one more event has another."""

    def id_of(*members: Held, now=LATER) -> str:
        ripe = RipeGroup(destination="chat", group=GROUP, members=members)
        dispatch, _ = a_dispatcher("chat").fold(ripe, now=now)
        assert dispatch is not None
        return dispatch.envelopes[0].event_id

    first = id_of(held(0), held(1))
    assert first == id_of(held(1), held(0), now=LATER + timedelta(hours=1))
    assert first == id_of(held(1), held(0), held(2, 2))
    assert len({first, id_of(held(0)), id_of(held(0), held(1, 3)), id_of(held(0), held(1), held(2))}) == 4


def test_a_group_of_several_orgs_is_ours():
    """Its members' org where they share one."""
    other = replace(held(1), org="beta")
    dispatch, _ = folded(held(0), other)
    assert dispatch is not None
    assert dispatch.envelopes[0].org == OURSELVES


def test_a_group_whose_form_fails_is_told_in_short():
    """As one plain CloudEvent that says how many fire, how many are over, and which."""
    dispatch, took = folded(held(0), held(1, 2, told=True), form=Form(content_type="x/y", encode=broken))
    assert dispatch is not None
    (one,) = dispatch.envelopes
    data = envelope.decode(one.body).data
    assert one.content_type == CLOUDEVENTS
    assert data.reason == "1 firing, 1 over"
    first, second = an_entity(0).key, an_entity(1).key
    assert data.note == f"fired warning ServiceLevelLow/{first}; resolved warning ServiceLevelLow/{second}"
    assert len(took) == 2


def test_a_telling_says_how_many_events_its_members_replaced():
    """`skipped` is the sum of the members'."""
    seen: list[int] = []

    def keep(notice: Notice) -> bytes:
        seen.append(notice.skipped)
        return as_it_is(notice)

    form = Form(content_type="x/y", encode=keep)
    folded(replace(held(0), skipped=2), replace(held(1), skipped=3), form=form)
    assert seen == [5]


def test_an_event_without_a_group_has_the_id_of_its_event():
    """Retries, restarts and replicas all say the same."""
    event = an_event()
    assert event.id == event_id("acme", "ServiceLevelLow", event.entity.key, 1, 1)
    assert {one.event_id for one in a_dispatcher("a", "b").dispatch(event).envelopes} == {event.id}
