"""The dynamics: a discrete-event contact centre. Pure: no clock, no I/O, its only chance a seeded generator.

The same seed, centre and plan give the same history, however often `advance` is called on the way.
One agent handles one interaction at a time; the interaction that waits longest is routed first.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Self

from monitor.simulator.attendance import Attendance
from monitor.simulator.centre import PRESENCES, Centre
from monitor.simulator.floor import (
    Finished,
    Interaction,
    Lane,
    LaneState,
    QueueState,
    Routing,
    Seat,
    Stage,
    queue_state,
)
from monitor.simulator.ledger import SHORT_ABANDON, Ledger, handling, routing_of
from monitor.simulator.workbench import Workbench

# Invented, chosen so that every status shows up now and then while most people work (all in seconds).
_RING = (1.0, 4.0)
_UNANSWERED_RING = 8.0  # alertingTimeoutSeconds of the voice example in the platform's queue schema
_UNANSWERED_SHARE = 0.015
_AWAKE = (20.0, 45.0)
_BREAK_EVERY = 4200.0
_BREAK_LENGTH = 420.0
_CONSULT_EVERY = 2400.0
_CONSULT_LENGTH = 75.0
_SPREAD = 0.5  # sigma of the lognormal handle time
_HELD_SHARE = 0.25
_HELD = (0.03, 0.25)  # shares of the handle time
_FLOW_SHARE = 0.25
_FLOW_AFTER = (40.0, 90.0)

Action = Callable[[], None]


class World:
    """A contact centre in motion from `start` (an aware datetime) on.

    `warmup` is simulated before `start`, so that at `start` people are already talking and the last half
    hour has a history. `history` bounds the log of finished interactions. `ledger` and `workbench` are for
    reading only.
    """

    def __init__(
        self,
        seed: int,
        start: datetime,
        centre: Centre,
        *,
        warmup: timedelta = timedelta(minutes=35),
        history: int = 50_000,
    ) -> None:
        self.start = start
        self.centre = centre
        self.finished: deque[Finished] = deque(maxlen=history)
        self.ledger = Ledger()
        self.workbench = Workbench(seed, start, centre)
        self._random = Random(seed)
        # What came later draws from a generator of its own, so that it leaves the earlier histories alone.
        self._aside = Random(f"aside/{seed}")
        self._attendance = Attendance()
        self._events: list[tuple[float, int, Action]] = []
        self._planned = 0
        self._numbered = 0
        self._now = -warmup.total_seconds()
        self._populate()
        self.advance(start)

    @property
    def now(self) -> datetime:
        """The world's present: the latest moment it was advanced to."""
        return self._date(self._now)

    def advance(self, to: datetime) -> None:
        """Let everything up to `to` happen; an earlier moment than the present changes nothing."""
        target = (to - self.start).total_seconds()
        while self._events and self._events[0][0] <= target:
            self._now, _, action = heapq.heappop(self._events)
            action()
        self._now = max(self._now, target)
        self.workbench.advance(to)

    def observe(self, queue_id: str) -> QueueState:
        """A queue at present; raises KeyError for an id that is not in the centre."""
        lanes = {lane.stream.media: self._lane_state(lane) for lane in self._lanes[queue_id].values()}
        return queue_state(queue_id, self._members[queue_id], lanes)

    def status_time(self, agent_id: str, start: datetime, end: datetime) -> Mapping[str, int]:
        """Milliseconds an agent spent in each routing status from `start` to `end`, at most to the present.

        Raises KeyError for an id that is not in the centre.
        """
        first, last = ((moment - self.start).total_seconds() for moment in (start, end))
        return self._attendance.between(agent_id, first, min(last, self._now))

    def plan(self, after: float, change: Callable[[Self], None]) -> None:
        """Have `change` happen to this world `after` seconds after its start (at once when that is past)."""
        self._at(max(after, self._now), partial(change, self))

    def set_rate(self, queue_id: str, media: str, hourly: float) -> None:
        """Change an arrival rate (per hour); raises KeyError when the queue has no such media."""
        lane = self._lanes[queue_id][media]
        lane.hourly, lane.epoch = hourly, lane.epoch + 1
        self._expect(lane)

    def burst(
        self, queue_id: str, media: str, *, count: int, over: float, handle: float, patience: float | None
    ) -> None:
        """Offer `count` interactions evenly over the next `over` seconds.

        `handle` and `patience` are mean seconds, as in `Stream`. Raises KeyError when the queue has no such
        media.
        """
        lane = self._lanes[queue_id][media]
        for number in range(count):
            when = self._now + over * number / count
            self._at(when, partial(self._offer, lane, handle, handle / 10, patience))

    def dismiss(self, agent_ids: Iterable[str], presence: str) -> None:
        """Send agents off queue under a system presence, as soon as each is free and until recalled."""
        for agent_id in agent_ids:
            seat = self._seats[agent_id]
            seat.epoch += 1
            self._leave(seat, presence)

    def recall(self, agent_ids: Iterable[str], *, rested: float = 0.0) -> None:
        """Bring agents back on queue at once; none of them takes a break within `rested` seconds."""
        for agent_id in agent_ids:
            self._return(self._seats[agent_id], rested)

    # The floor plan.

    def _populate(self) -> None:
        self._lanes = {
            queue.id: {s.media: Lane(queue_id=queue.id, stream=s, hourly=s.hourly) for s in queue.streams}
            for queue in self.centre.queues
        }
        self._seats: dict[str, Seat] = {}
        for agent in self.centre.agents:
            lanes = tuple(lane for q in agent.queues if q in agent.joined for lane in self._lanes[q].values())
            seat = Seat(agent=agent, lanes=lanes, presence=PRESENCES["ON_QUEUE"][0], idle_since=self._now)
            self._seats[agent.id] = seat
            self._turn(seat, Routing.IDLE)
            for lane in lanes:
                lane.seats.append(seat)
        self._members = {
            queue_id: tuple(self._seats[agent.id] for agent in agents)
            for queue_id, agents in self.centre.members.items()
        }
        self._begin()

    def _begin(self) -> None:
        for lanes in self._lanes.values():
            for lane in lanes.values():
                self._expect(lane)
        for seat in self._seats.values():
            self._tire(seat, 0.0)
            self._at(self._now + self._after(_CONSULT_EVERY), partial(self._consult, seat))

    # An interaction's way: offered, (waiting), alerting, talking, over.

    def _expect(self, lane: Lane) -> None:
        if lane.hourly > 0:
            self._at(self._now + self._after(3600 / lane.hourly), partial(self._arrive, lane, lane.epoch))

    def _arrive(self, lane: Lane, epoch: int) -> None:
        if lane.epoch == epoch:
            stream = lane.stream
            self._offer(lane, stream.handle, stream.wrap, stream.patience)
            self._expect(lane)

    def _offer(self, lane: Lane, handle: float, wrap: float, patience: float | None) -> None:
        lane.offered += 1
        self._numbered += 1
        item = Interaction(
            number=self._numbered,
            lane=lane,
            offered=self._now,
            handle=self._lognormal(handle),
            wrap=self._after(wrap),
            held=self._hold(),
        )
        self._note(item, nOffered=None)
        if patience is not None:
            self._at(self._now + self._after(patience), partial(self._abandon, item))
            if self._aside.random() < _FLOW_SHARE:  # these are sent elsewhere when they have waited too long
                self._at(self._now + self._aside.uniform(*_FLOW_AFTER), partial(self._flow_out, item))
        self._queue(item)

    def _hold(self) -> float:
        return self._aside.uniform(*_HELD) if self._aside.random() < _HELD_SHARE else 0.0

    def _queue(self, item: Interaction) -> None:
        seat = item.lane.free()
        if seat is None:
            item.stage, item.seat = Stage.WAITING, None
            item.lane.enqueue(item)
        else:
            self._ring(seat, item)

    def _ring(self, seat: Seat, item: Interaction) -> None:
        item.stage, item.seat, seat.work = Stage.ALERTING, seat, item
        item.rings += 1
        item.lane.alerting += 1
        if self._random.random() < _UNANSWERED_SHARE:
            self._at(self._now + _UNANSWERED_RING, partial(self._miss, seat, item, item.rings))
        else:
            ring = self._random.uniform(*_RING)
            self._at(self._now + ring, partial(self._answer, seat, item, item.rings))

    def _answer(self, seat: Seat, item: Interaction, ring: int) -> None:
        if item.stage is not Stage.ALERTING or item.rings != ring:
            return
        lane = item.lane
        lane.alerting -= 1
        lane.answered += 1
        lane.talking[item.number] = item
        item.stage, item.answered = Stage.TALKING, self._now
        self._turn(seat, Routing.INTERACTING)
        wait = self._waited(item)
        self._note(item, seat, tWait=wait, tAnswered=wait)
        if wait > lane.stream.within * 1000:
            self._note(item, seat, nOverSla=None)
        self._at(self._now + item.handle, partial(self._disconnect, seat, item))

    def _miss(self, seat: Seat, item: Interaction, ring: int) -> None:
        if item.stage is not Stage.ALERTING or item.rings != ring:
            return
        item.lane.alerting -= 1
        seat.work = None
        self._turn(seat, Routing.NOT_RESPONDING)
        self._at(self._now + self._random.uniform(*_AWAKE), partial(self._ready, seat))
        self._queue(item)

    def _disconnect(self, seat: Seat, item: Interaction) -> None:
        del item.lane.talking[item.number]
        item.stage, item.disconnected = Stage.OVER, self._now
        self._at(self._now + item.wrap, partial(self._finish, seat, item))

    def _finish(self, seat: Seat, item: Interaction) -> None:
        if item.answered is not None and item.disconnected is not None:
            parts = handling(item.disconnected - item.answered, item.held, self._now - item.disconnected)
            self._note(item, seat, **parts)
        self._record(item, seat.agent.id)
        seat.work = None
        self._ready(seat)

    def _abandon(self, item: Interaction) -> None:
        stage, seat = item.stage, item.seat
        if stage is Stage.WAITING:
            item.lane.waiting.remove(item)
        elif stage is Stage.ALERTING and seat is not None:
            item.lane.alerting -= 1
            seat.work = None
        else:
            return
        item.stage, item.disconnected = Stage.OVER, self._now
        item.lane.abandoned += 1
        wait = self._waited(item)
        self._note(
            item, tWait=wait, tAbandon=wait, **({"tShortAbandon": wait} if wait < SHORT_ABANDON else {})
        )
        self._record(item, None)
        if seat is not None:
            self._ready(seat)

    def _flow_out(self, item: Interaction) -> None:
        if item.stage is not Stage.WAITING:
            return
        item.lane.waiting.remove(item)
        item.stage, item.disconnected = Stage.OVER, self._now
        item.lane.flowed += 1
        wait = self._waited(item)
        self._note(item, tWait=wait, tFlowOut=wait)

    def _waited(self, item: Interaction) -> int:
        return round((self._now - item.offered) * 1000)

    def _note(self, item: Interaction, seat: Seat | None = None, /, **metrics: int | None) -> None:
        self.ledger.emit(
            metrics,
            at=self.now,
            queue_id=item.lane.queue_id,
            media=item.lane.stream.media,
            agent_id=None if seat is None else seat.agent.id,
            routing=routing_of(item.number),
        )

    def _record(self, item: Interaction, agent_id: str | None) -> None:
        disconnected = self._date(self._now if item.disconnected is None else item.disconnected)
        self.finished.append(
            Finished(
                queue_id=item.lane.queue_id,
                media=item.lane.stream.media,
                offered_at=self._date(item.offered),
                answered_at=None if item.answered is None else self._date(item.answered),
                abandoned_at=disconnected if item.answered is None else None,
                disconnected_at=disconnected,
                ended_at=self.now,
                agent_id=agent_id,
            )
        )

    # An agent's day: ready, working, consulting, on a break.

    def _ready(self, seat: Seat) -> None:
        self._turn(seat, Routing.IDLE)
        seat.idle_since = self._now
        if seat.leaving is not None:
            self._leave(seat, seat.leaving)
        elif (item := seat.longest()) is not None:
            item.lane.waiting.remove(item)
            self._ring(seat, item)

    def _tire(self, seat: Seat, rested: float) -> None:
        seat.epoch += 1
        when = self._now + rested + self._after(_BREAK_EVERY)
        self._at(when, partial(self._pause, seat, seat.epoch))

    def _pause(self, seat: Seat, epoch: int) -> None:
        if seat.epoch != epoch:
            return
        length = self._lognormal(_BREAK_LENGTH)
        self._at(self._now + length, partial(self._resume, seat, epoch))
        self._leave(seat, self._random.choice(("BREAK", "MEAL", "AVAILABLE", "MEETING")))

    def _resume(self, seat: Seat, epoch: int) -> None:
        if seat.epoch == epoch:
            self._return(seat, 0.0)

    def _leave(self, seat: Seat, presence: str) -> None:
        if seat.free:
            seat.leaving = None
            self._turn(seat, Routing.OFF_QUEUE)
            seat.presence = self._random.choice(PRESENCES[presence])
        elif seat.status is not Routing.OFF_QUEUE:
            seat.leaving = presence

    def _return(self, seat: Seat, rested: float) -> None:
        seat.leaving = None
        self._tire(seat, rested)
        if seat.status is Routing.OFF_QUEUE:
            seat.presence = PRESENCES["ON_QUEUE"][0]
            self._ready(seat)

    def _consult(self, seat: Seat) -> None:
        self._at(self._now + self._after(_CONSULT_EVERY), partial(self._consult, seat))
        if seat.free:
            self._turn(seat, Routing.COMMUNICATING)
            self._at(self._now + self._after(_CONSULT_LENGTH), partial(self._ready, seat))

    def _turn(self, seat: Seat, status: Routing) -> None:
        seat.status = status
        self._attendance.note(seat.agent.id, self._now, status.value)

    # Small tools.

    def _at(self, when: float, action: Action) -> None:
        self._planned += 1  # breaks ties, so that simultaneous events keep the order they were planned in
        heapq.heappush(self._events, (when, self._planned, action))

    def _after(self, mean: float) -> float:
        return self._random.expovariate(1 / mean)

    def _lognormal(self, mean: float) -> float:
        return self._random.lognormvariate(math.log(mean) - _SPREAD**2 / 2, _SPREAD)

    def _date(self, seconds: float) -> datetime:
        return self.start + timedelta(seconds=seconds)

    def _lane_state(self, lane: Lane) -> LaneState:
        waits = lane.waiting[0].offered if lane.waiting else None
        talks = next((item.answered for item in lane.talking.values()), None)
        return LaneState(
            waiting=len(lane.waiting),
            alerting=lane.alerting,
            interacting=len(lane.talking),
            oldest_wait=None if waits is None else self._date(waits),
            oldest_interaction=None if talks is None else self._date(talks),
            offered=lane.offered,
            answered=lane.answered,
            abandoned=lane.abandoned,
            flowed=lane.flowed,
        )
