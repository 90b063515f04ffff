"""Which labels a queue has on the wall: those of the rules that judge it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from monitor.model.rule import Level, Matcher, Rule, Severity
from tests.board.making import Watched, a_queue, agents, served, service, waiting
from tests.builders import SALES, SUPPORT

pytestmark = pytest.mark.looptime

VOICE = Matcher(label="media", globs=("voice",))


def a_rule(
    labels: Mapping[str, str], *matchers: Matcher, metric: str = "queue_waiting", expr: str = ""
) -> Rule:
    """Return a rule with labels; what it finds bad does not matter here."""
    level = Level(severity=Severity.WARNING, high=8.0)
    metric = "" if expr else metric
    return Rule(name="R", metric=metric, expr=expr, levels=(level,), labels=labels, matchers=matchers)


async def labels(*rules: Rule) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the labels of a voice queue and a chat queue, of which all sources have answered."""
    watched = Watched((a_queue(SUPPORT, "Support"), a_queue(SALES, "Sales")), rules=rules)
    await watched.read()
    await watched.watch(
        waiting(1.0), waiting(1.0, media="chat", queue_id=SALES), agents(1.0, 1.0),
        agents(1.0, 1.0, queue_id=SALES),
    )  # fmt: skip
    await watched.serve(served(service(1.0, 2.0)))
    return {line.queue: line.labels for line in watched.wall.lines()}


@pytest.mark.parametrize(
    ("rule", "support", "sales"),
    [
        (a_rule({"team": "a"}), True, True),
        (a_rule({"team": "a"}, VOICE), True, False),
        (a_rule({"team": "a"}, Matcher(label="queue", globs=("Sal*", "X"))), False, True),
        (a_rule({"team": "a"}, Matcher(label="queue_id", regex="f6a49350-.*-00000000a001")), True, False),
        (a_rule({"team": "a"}, Matcher(label="org", globs=("acme",))), True, True),
        (a_rule({"team": "a"}, Matcher(label="org", globs=("globex",))), False, False),
        (a_rule({"team": "a"}, Matcher(label="status", globs=("*",))), False, False),
        (a_rule({"team": "a"}, VOICE, metric="service_level_ratio"), True, False),
        (a_rule({"team": "a"}, metric="workitem_backlog"), False, False),
        (a_rule({"team": "a"}, VOICE, expr="queue_waiting > 3 && queue_agents_on_queue == 0"), True, False),
        (a_rule({}), False, False),
    ],
)
async def test_a_queue_carries_the_labels_of_the_rules_that_judge_it(
    rule: Rule, support: bool, sales: bool
) -> None:
    """Exactly the queues that its selector fits, in the tables of what it judges."""
    found = await labels(rule)
    assert found == {"Support": (("team", "a"),) * support, "Sales": (("team", "a"),) * sales}


async def test_labels_of_several_rules_stand_side_by_side() -> None:
    """Names and values sorted, each once; rules that disagree are both heard."""
    found = await labels(
        a_rule({"team": "b", "site": "x"}), a_rule({"team": "a"}, VOICE), a_rule({"team": "b"}, VOICE)
    )
    assert found["Support"] == (("site", "x"), ("team", "a"), ("team", "b"))
    assert found["Sales"] == (("site", "x"), ("team", "b"))


async def test_rules_that_are_exchanged_change_the_labels() -> None:
    """After a reload the next poll shows the labels of the new rules."""
    watched = Watched(rules=[a_rule({"team": "a"})])
    await watched.read()
    await watched.watch(waiting(1.0), agents(1.0, 1.0))
    assert watched.line().labels == (("team", "a"),)
    watched.rules = (a_rule({"team": "b"}),)
    await watched.watch(waiting(1.0), agents(1.0, 1.0))
    assert watched.line().labels == (("team", "b"),)
    watched.rules = ()
    await watched.watch(waiting(1.0), agents(1.0, 1.0))
    assert watched.line().labels == ()


async def test_a_media_type_that_appears_brings_its_rules_labels() -> None:
    """A rule about chats judges the queue as soon as a chat has been seen in it."""
    watched = Watched(rules=[a_rule({"team": "chat"}, Matcher(label="media", globs=("chat",)))])
    await watched.read()
    await watched.watch(waiting(1.0), agents(1.0, 1.0))
    assert watched.line().labels == ()
    await watched.watch(waiting(1.0), waiting(1.0, media="chat"), agents(1.0, 1.0))
    assert watched.line().labels == (("team", "chat"),)
