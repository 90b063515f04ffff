"""Which labels the rules that judge a queue carry. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from monitor.model.rule import Matcher, Rule
from monitor.model.sample import Rows, SampleBatch
from monitor.rules.judging import Judge
from monitor.rules.matching import compiled
from monitor.rules.reading import widest

Labels = tuple[tuple[str, str], ...]
"""Names and values, sorted; a name is there twice where two rules disagree."""


@dataclass(slots=True)
class Labelling:
    """The labels of one org's queues, worked out anew when its rules or its rows are others."""

    org: str
    _rules: Sequence[Rule] = field(default=(), init=False)
    _reads: Sequence[tuple[Rule, Sequence[str]]] = field(default=(), init=False)
    _done: Sequence[tuple[Rule, Rows]] = field(default=(), init=False)
    _labels: Mapping[str, Labels] = field(default_factory=dict, init=False)

    def of(self, queue_id: str) -> Labels:
        """Return one queue's labels."""
        return self._labels.get(queue_id, ())

    def turn(self, rules: Sequence[Rule], batches: Iterable[SampleBatch]) -> Iterator[None]:
        """Work out the labels where something changed; yields where others may have their turn."""
        if rules is not self._rules:
            self._reads = [(rule, Judge(rule, self.org).metrics) for rule in rules if rule.labels]
            self._rules = rules
        several = tuple(batches)
        judged = [
            (rule, table.rows)
            for rule, metrics in self._reads
            for batch in several
            for table in widest(batch.tables, metrics)
        ]
        if judged != self._done:
            yield from self._work_out(judged)
            self._done = judged

    def _work_out(self, judged: Iterable[tuple[Rule, Rows]]) -> Iterator[None]:
        """Gather the queues of each set of labels, then the labels of each queue."""
        distinct = _Distinct()
        found: dict[frozenset[tuple[str, str]], set[str]] = {}
        for rule, rows in judged:
            yield
            fitting = found.setdefault(frozenset(rule.labels.items()), set())
            fitting.update(_fitting(rule.matchers, self.org, rows, distinct))
        labels: dict[str, frozenset[tuple[str, str]]] = {}
        for carried, queue_ids in found.items():
            yield
            labels.update({queue_id: labels.get(queue_id, carried) | carried for queue_id in queue_ids})
        ordered = {one: tuple(sorted(one)) for one in set(labels.values())}
        self._labels = {queue_id: ordered[one] for queue_id, one in labels.items()}


@dataclass(slots=True)
class _Distinct:
    """What rows hold in some of their places, each once: what many rules ask for is gathered once."""

    _known: dict[tuple[Rows, tuple[int, ...]], Sequence[tuple[str, ...]]] = field(default_factory=dict)

    def of(self, rows: Rows, places: tuple[int, ...]) -> Sequence[tuple[str, ...]]:
        """Return the different combinations of values in `places`, which are two at least."""
        if (rows, places) not in self._known:
            self._known[rows, places] = list(set(map(itemgetter(*places), rows.values)))
        return self._known[rows, places]


def _fitting(matchers: Sequence[Matcher], org: str, rows: Rows, distinct: _Distinct) -> Iterable[str]:
    """Return the queues of which a row fits every matcher; a label that rows do not have fits nothing."""
    if any(one.label not in {"org", *rows.names} for one in matchers) or "queue_id" not in rows.names:
        return ()
    if not all(compiled(one)(org) for one in matchers if one.label == "org"):
        return ()
    tests = [one for one in matchers if one.label != "org"]
    queue = rows.names.index("queue_id")
    combined = distinct.of(rows, (queue, queue, *(rows.names.index(one.label) for one in tests)))
    for place, test in enumerate(tests, start=2):
        fits = compiled(test)
        allowed = {value for value in {values[place] for values in combined} if fits(value)}
        combined = [values for values in combined if values[place] in allowed]
    return [values[0] for values in combined]
