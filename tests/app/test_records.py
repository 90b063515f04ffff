"""What one destination is shown anew, or told again."""

from __future__ import annotations

import json

from structlog.testing import capture_logs

from monitor.app.records import Records
from monitor.model.alert import Hearing
from monitor.model.delivery import Dispatch, StateRecord
from monitor.outbox import envelope
from monitor.store.memory import MemoryStore
from tests.outbox.making import NOW, PLAIN, an_alert, an_event

OLD = ("previous_severity", "numerator", "denominator", "owner", "note")
"""Fields that bodies of the first schema do not have."""


def a_state(number: int, *, old: bool = False) -> Dispatch:
    """Return the state of a queue, as it is kept now or was kept once."""
    event = an_event(number)
    body = json.loads(envelope.encode(event))
    for name in OLD if old else ():
        del body["data"][name]
    state = StateRecord(
        org=event.org, rule=event.rule, entity=event.entity.key, event_id=event.id, sequence=1,
        body=json.dumps(body).encode(),
    )  # fmt: skip
    return Dispatch(state=state, envelopes=())


async def test_a_body_that_cannot_be_read_keeps_no_other_from_being_told() -> None:
    """It is left out, and logged once however often everything is repeated."""
    store, heard = MemoryStore(), {"am": Hearing(at=NOW)}
    alerts = [an_alert(number, heard=heard) for number in (1, 2)]
    await store.commit(alerts, [a_state(1, old=True), a_state(2)])
    records = Records("am", store, lambda: alerts, PLAIN, "")
    with capture_logs() as lines:
        bodies = [*await records.firing(), *await records.firing()]
    assert [json.loads(body)["id"] for body in bodies] == [an_event(2).id] * 2
    assert [line["event"] for line in lines] == ["state.unreadable"]


async def test_only_what_was_heard_is_shown() -> None:
    """And what is to be shown no more, whoever heard of it."""
    store = MemoryStore()
    alerts = [an_alert(1, heard={"am": Hearing(at=NOW)}), an_alert(2, heard={"hook": Hearing(at=NOW)})]
    await store.commit(alerts, [a_state(1), a_state(2)])
    records = Records("am", store, lambda: alerts, PLAIN, "")
    assert [one.event_id for one in await records.states()] == [an_event(1).id]
