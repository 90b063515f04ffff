"""Commands from outside, and what is answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.app.obeying import obey
from monitor.model.rule import Matcher
from monitor.sinks.mqtt.commands import Command
from tests.alerts.bench import KEY, Bench, two_levels
from tests.app.test_ourselves import Moody
from tests.builders import EPOCH

pytestmark = pytest.mark.looptime

TAKE = Command(id="c", org="acme", action="acknowledge", owner="ann", rule="Waiting", entity=KEY)


async def test_taking_an_alert_is_answered_truthfully() -> None:
    """Nothing where it is done, a reason where nothing fires, and where it will be done only later."""
    store = Moody()
    bench = Bench((two_levels(),), store=store)
    assert await obey(bench.manager, TAKE, EPOCH) == "no such alert fires"
    await bench.poll(12)
    assert await obey(bench.manager, TAKE, EPOCH) == ""
    store.broken = True
    assert (
        await obey(bench.manager, TAKE, EPOCH) == "not stored yet: it will be as soon as the store takes it"
    )
    assert (await obey(bench.manager, TAKE, EPOCH)).startswith("not done")


def quiet(**matchers: str) -> Command:
    """Return what asks for an hour of quiet."""
    return Command(
        id="s", org="acme", action="silence", owner="ann", until=EPOCH + timedelta(hours=1), matchers=matchers
    )


@pytest.mark.parametrize("matchers", [{"queue": "Support*"}, {"rule": "*"}, {"org": "a*", "queue": "*"}])
async def test_quiet_begins_for_the_org_of_the_topic_alone(matchers: dict[str, str]) -> None:
    """Whatever else it is about; all of the org where that is said."""
    bench = Bench((two_levels(),))
    assert await obey(bench.manager, quiet(**matchers), EPOCH) == ""
    (kept,) = bench.manager.silences
    assert kept.id == "acme/s"
    assert {one.label: one.globs for one in kept.matchers} == {
        **{label: (glob,) for label, glob in matchers.items()},
        "org": ("acme",),
    }
    assert Matcher(label="org", globs=("acme",)) in kept.matchers


@pytest.mark.parametrize(
    ("matchers", "problem"),
    [
        (
            {"queue": "*"},
            'matchers: they fit everything there is: name something, or say so with "rule": "*"',
        ),
        ({"org": "*", "severity": "?*"}, "matchers: they fit everything there is"),
        ({"org": "globex"}, "matchers: org is not the topic's"),
        ({"queue": "Sup\u200bport"}, "matchers: queue has blanks or characters that no name has"),
        ({"queue": "Support\n"}, "matchers: queue has blanks"),
        ({"queue": "Support  Voice"}, "matchers: queue has blanks"),
    ],
)
async def test_quiet_that_nobody_can_have_meant_is_refused(matchers: dict[str, str], problem: str) -> None:
    """The answer says why, and nothing is silenced."""
    bench = Bench((two_levels(),))
    assert (await obey(bench.manager, quiet(**matchers), EPOCH)).startswith(problem)
    assert list(bench.manager.silences) == []
