"""The wall: one line for every queue of every org, made of the newest poll results.

A `Consumer` of poll results. In: batches of every source; those of `directory`, `queues` and `service_level`
make the lines. Out: lines that stay the same objects while they say the same, and the batches themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.board.section import Section
from monitor.board.trends import Minutes
from monitor.model.board import QueueLine
from monitor.model.rule import Rule
from monitor.model.sample import PollResult, SampleBatch
from monitor.ports import Clock


@dataclass(slots=True)
class Wall:
    """The lines of all queues. `rules` are those that judge now; `changed` is called after every result.

    What a source said last stays on the wall while it fails: whoever shows it says how old it is.
    """

    rules: Callable[[], Sequence[Rule]]
    changed: Callable[[], None]
    clock: Clock
    _sections: dict[str, Section] = field(default_factory=dict, init=False)
    _lines: tuple[QueueLine, ...] | None = field(default=None, init=False)
    _minutes: Minutes = field(default_factory=Minutes, init=False)

    async def accept(self, result: PollResult) -> None:
        """Take what a source said, or that it said nothing."""
        section = self._sections.get(result.org)
        if section is None:
            section = self._sections[result.org] = Section(result.org)
        before = section.lines
        minute = self._minutes.at(self.clock.now(), asyncio.get_running_loop().time())
        await section.take(result, self.rules(), minute)
        if section.lines is not before:
            self._lines = None
        self.changed()

    @property
    def orgs(self) -> tuple[str, ...]:
        """The orgs that anything was heard of, in the order in which that was."""
        return tuple(self._sections)

    @property
    def batches(self) -> Mapping[tuple[str, str], SampleBatch]:
        """The newest good batch of each (org, source), however old it is."""
        return {
            (section.org, source): batch
            for section in self._sections.values()
            for source, batch in section.batches.items()
        }

    def lines(self, org: str | None = None) -> Sequence[QueueLine]:
        """Return the lines of one org, or of all: the same object as long as nothing new was heard."""
        if org is not None:
            section = self._sections.get(org)
            return () if section is None else section.lines
        if self._lines is None:
            self._lines = tuple(line for section in self._sections.values() for line in section.lines)
        return self._lines

    def queue(self, org: str, queue_id: str) -> QueueLine | None:
        """Return one queue's line; None where there is no such queue."""
        section = self._sections.get(org)
        return None if section is None else section.by_id.get(queue_id)
