"""Whether rules and queues fit each other: rules about no queue, queues without a rule, other targets. Pure.

In: the rules, and of every org the watched queues and what they had to do lately. Out: findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.kit import durations
from monitor.model.catalogue import METRICS
from monitor.model.org import Queue, Target
from monitor.model.rule import Matcher, Rule
from monitor.model.virtual import VirtualQueue
from monitor.proving.linting import Finding, Weight
from monitor.rules.expression import compiled as expression
from monitor.rules.matching import compiled

SHOWN = 3
"""Queues named in one line; the rest is counted."""
RATIO = "service_level_ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one org shows: its watched queues, and interactions of the last day by queue id.

    `virtual` are the configuration's virtual queues, of whatever org.
    """

    org: str
    queues: tuple[Queue, ...]
    traffic: Mapping[str, float]
    virtual: tuple[VirtualQueue, ...] = ()

    def unions(self, queue: Queue) -> Iterator[Queue]:
        """Yield the virtual queues that `queue` is in, as queues of that id and name."""
        return (Queue(id=one.id, name=one.name) for one in self.virtual if one.holds(queue))


def cover(rules: Sequence[Rule], orgs: Sequence[Seen]) -> Iterator[Finding]:
    """Yield everything that the directories say about the rules."""
    about = [rule for rule in rules if _about_queues(rule)]
    for rule in about:
        if not any(_about(rule, org, queue) for org in orgs for queue in org.queues):
            yield Finding(
                level=Weight.ERROR,
                check="no_queue",
                rule=rule.name,
                line="matches no watched queue: renamed, deleted, or in a division that is not visible?",
            )
    for org in orgs:
        yield from _bare(about, org)
    for rule in about:
        if rule.metric == RATIO:
            yield from _other_targets(rule, orgs)


def _about_queues(rule: Rule) -> bool:
    """Return whether the rule's entities are queues."""
    names: Iterable[str] = (rule.metric,) if rule.metric else ()
    if rule.expr:
        names = expression(rule.expr, {name: one.unit for name, one in METRICS.items()}).metrics
    return any("queue_id" in METRICS[name].labels for name in names)


def _fits(rule: Rule, org: str, queue: Queue) -> bool:
    """Return whether a queue fits the matchers that are about queues; media and windows are left aside."""
    labels = {"org": org, "queue_id": queue.id, "queue": queue.name}
    return all(compiled(one)(labels[one.label]) for one in rule.matchers if one.label in labels)


def _about(rule: Rule, org: Seen, queue: Queue) -> bool:
    """Return whether the rule is about a queue, by itself or as a part of a virtual one."""
    return any(_fits(rule, org.org, one) for one in (queue, *org.unions(queue)))


def _bare(rules: Sequence[Rule], org: Seen) -> Iterator[Finding]:
    """Find queues with traffic that no rule is about."""
    for queue in org.queues:
        traffic = org.traffic.get(queue.id, 0.0)
        if traffic > 0 and not any(_about(rule, org, queue) for rule in rules):
            yield Finding(
                level=Weight.WARNING,
                check="no_rule",
                rule="",
                line=f"{org.org}: {queue.name} had {traffic:g} interactions in a day but has no rule",
            )


def _other_targets(rule: Rule, orgs: Sequence[Seen]) -> Iterator[Finding]:
    """Find queues that promise something else than the rule watches, in one line per promise."""
    found: dict[str, list[str]] = {}
    for org in orgs:
        for queue in org.queues:
            if not _fits(rule, org.org, queue):
                continue
            for target in queue.targets:
                promise = _other(rule, target)
                if promise:
                    found.setdefault(promise, []).append(f"{queue.name} ({target.media})")
    for promise, names in found.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        line = f"{', '.join(names[:SHOWN])}{more}: {promise}"
        yield Finding(level=Weight.WARNING, check="other_target", rule=rule.name, line=line)


def _other(rule: Rule, target: Target) -> str:
    """Return what a queue promises where the rule watches something else; nothing where it does not."""
    if not _allows(rule.matchers, "media", target.media) or target.seconds is None or target.ratio is None:
        return ""
    promise = f"promises {target.ratio:.0%} within {durations.show(target.seconds)}"
    if not _allows(rule.matchers, "threshold", durations.show(target.seconds)):
        return f"{promise}, the rule looks at another threshold"
    mildest = next((one.low for one in rule.levels if one.low is not None), None)
    if mildest is not None and abs(mildest - target.ratio) > 1e-9:
        return f"{promise}, the rule begins below {mildest:.0%}"
    return ""


def _allows(matchers: Iterable[Matcher], label: str, text: str) -> bool:
    return all(compiled(one)(text) for one in matchers if one.label == label)
