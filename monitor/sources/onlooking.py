"""Consumers that only show what was polled: what goes wrong with one of them is nobody else's trouble.

In: what a poller publishes. Out: the same, to the one that shows. What may not happen: that a bug in what is
shown keeps a result from those who judge it, or from others who show it, or ends a poller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from monitor.model.sample import PollResult
from monitor.ports import Consumer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Onlooker:
    """A `Consumer` that takes every result, whatever `consumer` does with it.

    `crashed` counts what went wrong, under "show." and `name`. `failing` are the sources, each with its org,
    whose newest result was not shown: what is seen of them is older than it says.
    """

    name: str
    consumer: Consumer
    crashed: Callable[[str], None]
    failing: set[tuple[str, str]] = field(default_factory=set, init=False)

    async def accept(self, result: PollResult) -> None:
        """Hand a result on; of an org's source that it cannot show, say so once until it can again."""
        source = (result.org, result.source)
        try:
            await self.consumer.accept(result)
        # The house forbids to catch everything. Here it is right: what trips our own code comes again with
        # every poll, and whoever is to be woken must not go without because a wall could not be painted.
        except Exception as error:
            self.crashed(f"show.{self.name}")
            if source not in self.failing:
                log.error("show.bug", shown=self.name, org=result.org, source=result.source, exc_info=error)
            self.failing.add(source)
        else:
            if source in self.failing:
                log.info("show.recovered", shown=self.name, org=result.org, source=result.source)
            self.failing.discard(source)
