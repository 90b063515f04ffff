"""How long each agent was in which routing status. Pure; instants are seconds since the world's start."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from operator import itemgetter

# About two days at a change every minute and a half.
_REMEMBERED = 2_000


class Attendance:
    """The latest changes of status of every agent: `remembered` of each, and at most a quarter more."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._changes: dict[str, list[tuple[float, str]]] = {}

    def note(self, agent_id: str, at: float, status: str) -> None:
        """The agent has `status` from `at` on; `at` does not come before the change noted last."""
        changes = self._changes.setdefault(agent_id, [])
        changes.append((at, status))
        if len(changes) > self._remembered * 5 // 4:
            del changes[: -self._remembered]

    def between(self, agent_id: str, start: float, end: float) -> Mapping[str, int]:
        """Milliseconds per status from `start` to `end`; time before the first known change counts nowhere.

        Raises KeyError for an agent of whom nothing was noted.
        """
        changes = self._changes[agent_id]
        first = max(0, bisect_right(changes, start, key=itemgetter(0)) - 1)
        spent: Counter[str] = Counter()
        for place in range(first, len(changes)):
            since, status = changes[place]
            if since >= end:
                break
            until = changes[place + 1][0] if place + 1 < len(changes) else end
            # Rounded bounds, not rounded lengths: the parts then add up to the whole.
            spent[status] += round(min(until, end) * 1000) - round(max(since, start) * 1000)
        return {status: time for status, time in spent.items() if time > 0}
