"""Reading observation answers: zero, unknown and nonsense are three things."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.clients.platform.decode.directory import directory_page
from monitor.clients.platform.decode.observations import observations
from monitor.model.errors import Unintelligible
from monitor.model.observation import Interactions, QueueObservations, Staffing
from tests.builders import EPOCH, SALES, SUPPORT

START = (EPOCH - timedelta(seconds=95)).timestamp() * 1000
MAPPINGS = {
    "AVAILABLE": ["6a3af858-942f-489d-9700-5f9bcdcdae9b"],
    "ON_QUEUE": ["e08eaf1b-ee47-4fa9-a231-1200e284798f"],
}


def datum(
    metric: str, count: object = None, *, qualifier: str | None = None, start: object = None
) -> dict[str, Any]:
    """Return one entry of a group's data."""
    stats = {
        name: value
        for name, value in (("count", count), ("calculatedMetricValue", start))
        if value is not None
    }
    return {"metric": metric, "stats": stats, **({"qualifier": qualifier} if qualifier else {})}


def result(*data: dict[str, Any], queue_id: str = SUPPORT, media: str | None = "voice") -> dict[str, Any]:
    """Return one group with its data."""
    return {"group": {"queueId": queue_id, **({"mediaType": media} if media else {})}, "data": list(data)}


def read(*results: object, asked: tuple[str, ...] = (SUPPORT,)) -> QueueObservations:
    """Decode an answer made of `results`, with a members group so that it is a plausible one."""
    body = {"systemToOrganizationMappings": MAPPINGS, "results": [*results]}
    return observations(json.dumps(body).encode(), asked, EPOCH)


def voice(*data: dict[str, Any]) -> Interactions:
    """Return what one voice group reads as."""
    return read(result(*data)).interactions[0]


def agents(*data: dict[str, Any]) -> Staffing:
    """Return what one agents group reads as."""
    return read(result(*data, media=None)).staffing[0]


def test_the_published_shape_is_read() -> None:
    """The figures of a complete answer come out under our names, waits in seconds."""
    one = voice(
        datum("oWaiting", 3),
        datum("oInteracting", 7),
        datum("oAlerting", 1),
        datum("oLongestWaiting", start=START),
        datum("oLongestInteracting", start=START - 1000),
    )
    assert one == Interactions(
        queue_id=SUPPORT,
        media="voice",
        waiting=3,
        interacting=7,
        alerting=1,
        longest_wait=95.0,
        longest_interaction=96.0,
    )


def test_agents_are_summed_over_their_qualifiers() -> None:
    """On-queue and off-queue totals add their qualifiers; statuses and presences keep them."""
    one = agents(
        datum("oMemberUsers", 23),
        datum("oActiveUsers", 12),
        datum("oOnQueueUsers", 7, qualifier="INTERACTING"),
        datum("oOnQueueUsers", 2, qualifier="IDLE"),
        datum("oOffQueueUsers", 3, qualifier="6a3af858-942f-489d-9700-5f9bcdcdae9b"),
        datum("oUserRoutingStatuses", 7, qualifier="INTERACTING"),
        datum("oUserRoutingStatuses", 14, qualifier="OFF_QUEUE"),
        datum("oUserPresences", 9, qualifier="e08eaf1b-ee47-4fa9-a231-1200e284798f"),
    )
    assert (one.members, one.active, one.on_queue, one.off_queue) == (23, 12, 9, 3)
    assert one.by_status == {
        "IDLE": 0,
        "INTERACTING": 7,
        "COMMUNICATING": 0,
        "NOT_RESPONDING": 0,
        "OFF_QUEUE": 14,
    }
    assert one.by_presence == {"ON_QUEUE": 9}


def test_what_a_complete_answer_does_not_mention_is_zero() -> None:
    """A metric missing from a group, and a group missing from the answer, mean none."""
    answer = read(result(datum("oWaiting", 2), datum("oLongestWaiting", start=START)), asked=(SUPPORT, SALES))
    assert answer.interactions[0].interacting == 0
    assert [(one.queue_id, one.members, one.on_queue) for one in answer.staffing] == [
        (SUPPORT, 0, 0),
        (SALES, 0, 0),
    ]


def test_nobody_waiting_means_no_wait() -> None:
    """Waiting 0 implies longest wait 0, whatever the start says."""
    assert voice(datum("oWaiting", 0), datum("oLongestWaiting", start=START)).longest_wait == 0


def test_waiting_without_a_start_has_an_unknown_wait() -> None:
    """Somebody waits but the answer does not say since when: unknown, not 0."""
    assert voice(datum("oWaiting", 2)).longest_wait is None


@pytest.mark.parametrize("start", [95_000, 0, -1])
def test_an_implausible_start_is_refused(start: float) -> None:
    """A "start" before the year 2000 is no date; the age it would give is invented."""
    answer = read(result(datum("oWaiting", 2), datum("oLongestWaiting", start=start)))
    assert answer.interactions[0].longest_wait is None
    assert answer.oddities == {("oLongestWaiting", "implausible_start"): 1}


def test_a_start_in_the_future_is_a_wait_of_zero() -> None:
    """Clocks that disagree by a second do not make a negative wait."""
    assert voice(datum("oWaiting", 1), datum("oLongestWaiting", start=START + 100_000)).longest_wait == 0


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("null", "missing"),
        ("-1", "negative"),
        ('"3"', "malformed"),
        ("NaN", "not_finite"),
        ("Infinity", "not_finite"),
        ("-Infinity", "not_finite"),
        ("1e999", "not_finite"),
        ("1e16", "implausible"),
        ("[3]", "malformed"),
        ("true", "malformed"),
    ],
)
def test_a_count_that_is_no_count_is_unknown(raw: str, reason: str) -> None:
    """An unusable value makes its own figure unknown, with a reason, and leaves its neighbours alone."""
    body = json.dumps({"results": [result(datum("oWaiting", 777), datum("oAlerting", 2))]}).replace(
        "777", raw
    )
    answer = observations(body.encode(), (SUPPORT,), EPOCH)
    one = answer.interactions[0]
    assert (one.waiting, one.longest_wait, one.alerting) == (None, None, 2)
    assert answer.oddities == {("oWaiting", reason): 1}


def test_data_that_cannot_be_named_makes_its_group_unknown() -> None:
    """Where an entry hides which metric it is, what its group does not mention is unknown, not 0."""
    broken = result(datum("oWaiting", 2))
    broken["data"].append({"metric": 5, "stats": {"count": 1}})
    answer = read(broken, result(datum("oMemberUsers", 3), media=None))
    assert (answer.interactions[0].waiting, answer.interactions[0].interacting) == (2, None)
    assert answer.staffing[0].members == 3


def test_an_unknown_total_is_not_a_partial_sum() -> None:
    """One unknown qualifier makes the total unknown: half a sum would be a false figure."""
    one = agents(
        datum("oOnQueueUsers", 4, qualifier="IDLE"), {"metric": "oOnQueueUsers", "qualifier": "INTERACTING"}
    )
    assert one.on_queue is None


def test_available_and_busy_agents_are_read_off_the_statuses() -> None:
    """Idle agents are available; interacting and communicating ones are busy, unknown if either is."""
    known = agents(
        datum("oUserRoutingStatuses", 3, qualifier="IDLE"),
        datum("oUserRoutingStatuses", 5, qualifier="INTERACTING"),
        datum("oUserRoutingStatuses", 1, qualifier="COMMUNICATING"),
    )
    half = agents(
        datum("oUserRoutingStatuses", 5, qualifier="INTERACTING"),
        datum("oUserRoutingStatuses", qualifier="COMMUNICATING"),
    )
    assert (known.available, known.busy) == (3, 6)
    assert (half.available, half.busy) == (0, None)


def test_a_sum_of_which_a_part_is_hidden_is_unknown() -> None:
    """Where an entry hides which metric or status it is about, it may be part of any sum: none is known."""
    hidden = agents(datum("oOnQueueUsers", 4, qualifier="IDLE"), {"metric": None, "stats": {"count": 1}})
    odd = agents(
        datum("oUserRoutingStatuses", 4, qualifier="IDLE"),
        {"metric": "oUserRoutingStatuses", "qualifier": 5, "stats": {"count": 1}},
    )
    assert hidden.on_queue is None
    assert (odd.available, odd.busy) == (4, None)


def test_an_agents_metric_among_interactions_is_ignored() -> None:
    """A metric that belongs to the other kind of group disturbs no figure of this one."""
    assert voice(datum("oAlerting", 2), datum("oMemberUsers", 9)).alerting == 2
    assert agents(datum("oMemberUsers", 2), datum("oWaiting", 9)).members == 2


def test_a_metric_nobody_asked_for_is_ignored() -> None:
    """A metric that is new to us does not disturb the others, whatever it holds."""
    answer = read(result(datum("oWaiting", 2), datum("oBrandNew", "a lot")))
    assert answer.interactions[0].waiting == 2
    assert answer.oddities == {}


def test_unknown_media_statuses_and_fields_pass() -> None:
    """A new media type or routing status is shown under its own name; new fields are ignored."""
    odd = result(datum("oWaiting", 1), media="hologram")
    odd["novelty"] = {"deep": [1]}
    answer = read(odd, result(datum("oUserRoutingStatuses", 2, qualifier="DREAMING"), media=None))
    assert answer.interactions[0].media == "hologram"
    assert answer.staffing[0].by_status["DREAMING"] == 2


def test_a_queue_nobody_asked_about_is_ignored() -> None:
    """A group about another queue is counted as odd and not published."""
    answer = read(result(datum("oWaiting", 1)), result(datum("oWaiting", 9), queue_id=SALES))
    assert [one.queue_id for one in answer.interactions] == [SUPPORT]
    assert answer.oddities == {("group", "unasked_queue"): 1}


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"<html>sorry</html>", b'{"results": null}', b'{"results": []}',
     b'{"results": {}}',
     b'{"results": [{"data": []}]}', b'{"results": [5]}', b'{"results": [{"group": {"mediaType": "voice"}}]}',
     b"[" * 100_000, b'{"results": [{"group": {"queueId": "' + b"9" * 6000],
)  # fmt: skip
def test_what_is_no_answer_is_an_error(body: bytes) -> None:
    """What lacks the frame of an answer, or shows no queue at all, is not taken for an empty one."""
    with pytest.raises(Unintelligible):
        observations(body, (SUPPORT,), EPOCH)


def test_truncation_at_any_byte_is_an_error() -> None:
    """An answer cut short anywhere is refused whole: no partial evaluation."""
    whole = json.dumps(
        {"results": [result(datum("oWaiting", 3)), result(datum("oMemberUsers", 3), media=None)]}
    )
    for length in range(len(whole) - 1):
        with pytest.raises(Unintelligible):
            observations(whole[:length].encode(), (SUPPORT,), EPOCH)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10_000), junk=JSON)
def test_drift_anywhere_is_contained(place: int, junk: object) -> None:
    """Whatever one value of an answer is replaced by, the outcome is observations or one clear error."""
    body: dict[str, Any] = {
        "systemToOrganizationMappings": dict(MAPPINGS),
        "results": [
            result(datum("oWaiting", 3)),
            result(datum("oMemberUsers", 3, qualifier="IDLE"), media=None),
        ],
    }
    _replace(body, place, copy.deepcopy(junk))
    try:
        answer = observations(json.dumps(body).encode(), (SUPPORT,), EPOCH)
    except Unintelligible:
        return
    for one in answer.interactions:
        assert all(value is None or 0 <= value < float("inf") for value in (one.waiting, one.longest_wait))


def _replace(node: Any, place: int, junk: object) -> None:
    """Put `junk` at the `place`-th position of a tree."""
    spots: list[tuple[Any, Any]] = []

    def walk(inner: Any) -> None:
        pairs = (
            inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
        )
        for key, value in list(pairs):
            spots.append((inner, key))
            walk(value)

    walk(node)
    holder, key = spots[place % len(spots)]
    holder[key] = junk


def page(*entities: object, **frame: object) -> bytes:
    """Return one directory page."""
    return json.dumps({"entities": list(entities), "pageCount": 1, "total": len(entities), **frame}).encode()


def test_a_directory_page_is_read() -> None:
    """A queue comes with its division and its targets, `call` under the name analytics uses."""
    media = {"call": {"serviceLevel": {"percentage": 0.8, "durationMs": 20000}}, "chat": None}
    body = page(
        {"id": SUPPORT, "name": "Support", "division": {"id": "d1", "name": "Home"}, "mediaSettings": media}
    )
    queue = directory_page(body).queues[0]
    assert (queue.name, queue.division, queue.division_id) == ("Support", "Home", "d1")
    assert [(target.media, target.ratio, target.seconds) for target in queue.targets] == [
        ("voice", 0.8, 20.0)
    ]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\ud800lone", "lone"),
        ("a\u202eb\u0000c\x1b[31m", "a b c [31m"),
        ("x" * 10_000, "x" * 199 + "…"),
        ("  two \n lines ", "two lines"),
        ("Zürich ✓", "Zürich ✓"),
        ("", SUPPORT),
        (None, SUPPORT),
    ],
)
def test_names_are_cleaned_at_the_edge(raw: str | None, shown: str) -> None:
    """Surrogates, control and bidi characters go, length is cut, and a nameless queue shows its id."""
    assert directory_page(page({"id": SUPPORT, "name": raw})).queues[0].name == shown


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"entities": null}', b'{"entities": [{"name": "no id"}]}', b"<html>"]
)
def test_a_page_without_queues_is_an_error(body: bytes) -> None:
    """An unreadable page is never an empty directory."""
    with pytest.raises(Unintelligible):
        directory_page(body)
