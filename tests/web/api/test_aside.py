"""Long lists are worked on beside the event loop: by a thread, one piece of work at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, get_ident

import httpx
import pytest

from monitor.model.alert import Acknowledgement, Alert, Entity
from monitor.model.board import QueueLine
from monitor.model.sample import Rows, SampleBatch, Table
from monitor.web.access import Address
from monitor.web.answers import Problem
from monitor.web.api.aside import BULK, aside
from monitor.web.api.queues import Queues
from monitor.web.api.samples import Samples
from tests.builders import EPOCH
from tests.web.api.desk import Desk, an_alert
from tests.web.api.figures import a_line, get

SILENCE = {"matchers": {"queue": "Q*"}, "duration": "1h", "owner": "kim", "comment": "storm"}


async def test_a_little_is_done_at_once() -> None:
    """A thread would take longer than the work."""
    assert await aside(BULK - 1, get_ident) == get_ident()


async def test_much_is_done_by_a_thread() -> None:
    """Its result comes back, and so does what it raises."""

    def refuse() -> None:
        raise Problem(400, "no")

    assert await aside(BULK, get_ident) != get_ident()
    with pytest.raises(Problem, match="no"):
        await aside(BULK, refuse)


async def test_the_loop_goes_on_meanwhile() -> None:
    """The work waits for something that only the loop can do."""
    event = Event()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(aside(BULK, lambda: event.wait(10)))
        await asyncio.sleep(0)
        event.set()
    assert waiting.result()


class Watched(dict[str, str]):
    """Labels that know which threads asked what one of them is."""

    seen: set[int]

    def __iter__(self) -> Iterator[str]:
        """Yield the names; a dictionary with this of its own is copied by asking for each."""
        return super().__iter__()

    def __getitem__(self, name: str) -> str:
        self.seen.add(get_ident())
        return super().__getitem__(name)

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]  # only what is used
        """Return a label."""
        self.seen.add(get_ident())
        return super().get(name, default)


class Counted(tuple[tuple[str, ...], ...]):  # noqa: SLOT001 - such a tuple can have none
    """Rows that know which threads read them."""

    seen: set[int]

    def __getitem__(self, row: int) -> tuple[str, ...]:  # type: ignore[override]  # only what is used
        self.seen.add(get_ident())
        return super().__getitem__(row)


@dataclass
class Crowd:
    """Everything that is listed, of many; `seen` are the threads that looked at the many."""

    seen: set[int] = field(default_factory=set)

    def addresses(self) -> list[Address]:
        """Return the addresses of what can be long."""
        desk = self.desk()
        lines = [a_line(f"Q{number}") for number in range(BULK)]
        values = Counted((f"id-Q{number}",) for number in range(BULK))
        values.seen = self.seen
        table = Table(Rows(("queue_id",), values), {"queue_waiting": [1.0] * BULK})
        batch = SampleBatch(
            org="acme", source="queues", observed_at=EPOCH, tables=(table,), queues=frozenset()
        )

        def shown(_org: str | None) -> Sequence[QueueLine]:
            return lines

        queues = Queues(
            lines=shown, queue=lambda _org, _id: None, alerts=lambda: desk.kept, sources=lambda: ()
        )
        samples = Samples(batches=lambda: {("acme", "queues"): batch}, sources=lambda: ())
        return [*desk.addresses(), *queues.addresses(), *samples.addresses()]

    def desk(self) -> Desk:
        """Return the alerts, all of them firing."""
        return Desk([self._alert(number) for number in range(BULK)])

    def _alert(self, number: int) -> Alert:
        labels = Watched(queue_id=f"id-Q{number}", queue=f"Q{number}", media="voice")
        labels.seen = self.seen
        ack = Acknowledgement(owner="kim", note="", at=EPOCH)
        return an_alert(entity=Entity(key=f"id-Q{number}/voice", labels=labels), acknowledged=ack)


@pytest.mark.parametrize("path", ["alerts", "acks", "queues", "samples", "explain?alert=Service"])
async def test_long_lists_are_looked_through_by_a_thread(path: str) -> None:
    """The loop's own thread reads none of what there is so much of, but for whether it matters."""
    crowd = Crowd()
    assert (await get(crowd, path)).status_code == 200
    assert crowd.seen
    assert get_ident() not in crowd.seen


async def test_a_silence_is_held_against_many_alerts_by_a_thread() -> None:
    """How many it is about is counted where nobody waits for it."""
    crowd = Crowd()
    assert (await crowd.desk().post("silences", SILENCE)).json()["alerts"] == BULK
    assert crowd.seen
    assert get_ident() not in crowd.seen


@dataclass
class Waiting:
    """All that works on much and shares a turn; `looks` counts how often somebody looked at it."""

    desk: Desk = field(default_factory=lambda: Desk([an_alert()]))
    others: int = 0

    @property
    def looks(self) -> int:
        """How often somebody looked."""
        return self.desk.looks + self.others

    def addresses(self) -> list[Address]:
        """Return the addresses."""
        queues = Queues(
            lines=lambda _org: (),
            queue=lambda _org, _id: None,
            alerts=self._alerts,
            sources=lambda: (),
            turn=self.desk.turn,
        )
        samples = Samples(batches=self._batches, sources=lambda: (), turn=self.desk.turn)
        return [*self.desk.addresses(), *queues.addresses(), *samples.addresses()]

    def _alerts(self) -> Sequence[Alert]:
        self.others += 1
        return ()

    def _batches(self) -> Mapping[tuple[str, str], SampleBatch]:
        self.others += 1
        return {}


async def looked(of: Waiting, asking: Coroutine[None, None, httpx.Response]) -> tuple[int, int]:
    """Return how often somebody looked while another had the turn, and afterwards."""
    async with asyncio.TaskGroup() as group, of.desk.turn:
        answer = group.create_task(asking)
        for _ in range(100):
            await asyncio.sleep(0)
        before = of.looks
    assert answer.result().is_success
    return before, of.looks


@pytest.mark.parametrize("path", ["alerts", "acks", "queues", "samples", "explain?alert=Support"])
async def test_one_list_is_worked_on_at_a_time(path: str) -> None:
    """However many ask, and for whatever: nobody looks at much before the one before has done."""
    of = Waiting()
    assert await looked(of, get(of, path)) == (0, 1)


async def test_a_silence_waits_for_its_turn_too() -> None:
    """What labels there are is looked up at once, what it is about in its turn."""
    of = Waiting()
    assert await looked(of, of.desk.post("silences", SILENCE)) == (1, 2)
