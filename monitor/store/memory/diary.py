"""What was told, to whom, and what came of it, in dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from monitor.model.delivery import Dispatch, Entry, History, Try, Wanted


@dataclass(slots=True)
class Diary:
    """Entries by event id, tries by the id of what was sent, tellings by the id of an event in them."""

    _entries: dict[str, Entry] = field(default_factory=dict)
    _tries: dict[str, list[tuple[int, Try]]] = field(default_factory=dict)
    _folds: dict[str, list[str]] = field(default_factory=dict)
    _last: int = 0

    def enter(self, entry: Entry) -> None:
        """Keep an entry, once."""
        self._entries.setdefault(entry.event_id, entry)

    def note(self, event_id: str, one: Try) -> None:
        """Write down a try to send the event, unless nobody can look it up."""
        if event_id in self._entries or self._linked(event_id):
            self._last += 1
            self._tries.setdefault(event_id, []).append((self._last, one))

    def unsay(self, event_id: str, destination: str) -> None:
        """Take back that an event was skipped."""
        self._tries[event_id] = [
            (number, one)
            for number, one in self._tries.get(event_id, [])
            if (one.destination, one.outcome) != (destination, "skipped")
        ]

    def last(self, event_id: str, destination: str) -> str:
        """Return reason and detail of the newest try that has a reason, for people."""
        found = (one for _, one in reversed(self._tries.get(event_id, [])))
        said = (
            f"{one.reason}: {one.detail}" for one in found if one.reason and one.destination == destination
        )
        return next(said, "")

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._entries

    def link(self, event_ids: list[str], telling: Dispatch) -> None:
        """Write down into which telling these events went."""
        for event_id in event_ids:
            folds = self._folds.setdefault(event_id, [])
            folds.extend(one.event_id for one in telling.envelopes if one.event_id not in folds)

    def history(self, wanted: Wanted) -> list[History]:
        """Return entries, newest first."""
        # Sorting keeps the order of one moment, so that turned round the last entered comes first.
        found = sorted(self._entries.values(), key=lambda entry: entry.at)[::-1]
        if wanted.behind is not None:
            places = (place for place, entry in enumerate(found, 1) if entry.event_id == wanted.behind)
            found = found[next(places, len(found)) :]
        wished = [entry for entry in found if _wants(wanted, entry)]
        return [self._history(entry) for entry in wished[: max(0, wanted.limit)]]

    def forget(self, before: datetime) -> int:
        """Remove what is older; return how many entries went."""
        old = [entry.event_id for entry in self._entries.values() if entry.at < before]
        for event_id in old:
            del self._entries[event_id]
            self._tries.pop(event_id, None)
        for event_id in old:
            for fold in self._folds.pop(event_id, []):
                if fold not in self._entries and not self._linked(fold):
                    self._tries.pop(fold, None)
        return len(old)

    def _linked(self, fold: str) -> bool:
        return any(fold in folds for folds in self._folds.values())

    def _history(self, entry: Entry) -> History:
        ids = [entry.event_id, *self._folds.get(entry.event_id, [])]
        tries = [one for event_id in ids for one in self._tries.get(event_id, [])]
        tries.sort(key=lambda numbered: (numbered[1].at, numbered[0]))
        return History(entry=entry, tries=tuple(one for _, one in tries))


def _wants(wanted: Wanted, entry: Entry) -> bool:
    return (
        (wanted.since is None or wanted.since <= entry.at)
        and (wanted.until is None or entry.at < wanted.until)
        and wanted.org in (None, entry.org)
        and wanted.entity in (None, entry.entity)
        and fnmatchcase(entry.queue, _glob(wanted.queue))
        and fnmatchcase(entry.rule, _glob(wanted.rule))
    )


def _glob(pattern: str) -> str:
    """Return a glob with either negation as `fnmatch` reads it."""
    return pattern.replace("[^", "[!")
