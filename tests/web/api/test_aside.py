"""Long lists are worked on beside the event loop: by a thread, one piece of work at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event, get_ident

import pytest

from monitor.model.alert import Acknowledgement, Alert, Entity
from monitor.model.board import QueueLine
from monitor.model.sample import Rows, SampleBatch, Table
from monitor.web.access import Address
from monitor.web.answers import Problem
from monitor.web.api.alerts import Alerts
from monitor.web.api.aside import BULK, aside
from monitor.web.api.queues import Queues
from monitor.web.api.samples import Samples
from tests.builders import EPOCH, FixedClock
from tests.web.api.desk import Desk, an_alert
from tests.web.api.figures import a_line, get
from tests.web.making import FakeJournal


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
    body = {"matchers": {"queue": "Q*"}, "duration": "1h", "owner": "kim", "comment": "storm"}
    assert (await crowd.desk().post("silences", body)).json()["alerts"] == BULK
    assert crowd.seen
    assert get_ident() not in crowd.seen


@dataclass
class Watching:
    """Alerts and queues that share a turn, over many alerts. Work on them ends when `go` is set."""

    looks: int = 0
    go: Event = field(default_factory=Event)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def addresses(self) -> list[Address]:
        """Return their addresses."""
        alerts = Alerts(
            alerts=self._looked,
            rules=lambda: (),
            journal=FakeJournal(),
            clock=FixedClock(),
            turn=self.turn,
        )
        queues = Queues(
            lines=lambda _org: (),
            queue=lambda _org, _id: None,
            alerts=self._looked,
            sources=lambda: (),
            turn=self.turn,
        )
        return [*alerts.addresses(), *queues.addresses()]

    def _looked(self) -> Sequence[Alert]:
        self.looks += 1
        labels = Slow(queue_id="1", queue="Support")
        labels.go = self.go
        return [an_alert(entity=Entity(key="1", labels=labels))] * BULK


class Slow(dict[str, str]):
    """Labels that keep whoever asks for one."""

    go: Event

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]  # only what is used
        """Return a label."""
        self.go.wait(10)
        return super().get(name, default)


@pytest.mark.parametrize("paths", [("alerts", "queues"), ("queues", "alerts"), ("explain?alert=S", "queues")])
async def test_one_list_is_worked_on_at_a_time(paths: tuple[str, str]) -> None:
    """However many ask, and for whatever: nobody looks at much before the one before has done."""
    of = Watching()
    async with asyncio.TaskGroup() as group:
        for path in paths:
            group.create_task(get(of, path))
        for _ in range(100):
            await asyncio.sleep(0)
        looks = of.looks
        of.go.set()
    assert (looks, of.looks) == (1, 2)
