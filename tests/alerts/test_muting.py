"""Silences and inhibitions: who is muted, by what, and who never is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.muting import Inhibitor, labelled, silenced, sweeping
from monitor.model.inhibition import Inhibition
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from tests.builders import EPOCH

HOUR = timedelta(hours=1)
SECOND = timedelta(microseconds=1)

QUEUE = {
    "org": "acme",
    "rule": "ServiceLevelLow",
    "severity": "critical",
    "queue": "Support",
    "media": "voice",
    "division": "",
}
SOURCE_DOWN = {"org": "acme", "rule": "SourceDown", "severity": "critical", "source": "queues"}


def matchers(**globs: str) -> tuple[Matcher, ...]:
    """Return a matcher per label."""
    return tuple(Matcher(label=label, globs=(glob,)) for label, glob in globs.items())


def silence(identity: str, hours: float, globs: dict[str, str]) -> Silence:
    """Return a silence that begins at the epoch."""
    return Silence(
        id=identity,
        matchers=matchers(**globs),
        starts_at=EPOCH,
        ends_at=EPOCH + hours * HOUR,
        owner="ada",
        comment="moving the phones",
    )


def inhibition(
    source: Mapping[str, str], target: Mapping[str, str], equal: Sequence[str] = (), name: str = "i1"
) -> Inhibition:
    """Return an inhibition by globs."""
    return Inhibition(name=name, source=matchers(**source), target=matchers(**target), equal=tuple(equal))


OUTAGE = inhibition({"rule": "SourceDown"}, {"rule": "ServiceLevel*"}, ["org"], name="outage")
GRADE = inhibition(
    {"severity": "critical"}, {"severity": "warning"}, ["rule", "queue", "media"], name="grade"
)


def test_an_alert_is_matched_by_what_it_is_about_and_who_it_is() -> None:
    """The rule's labels add to the entity's, and never hide them or the alert's own."""
    found = labelled(
        {"queue": "Support", "media": "voice"},
        {"team": "support", "queue": "another", "severity": "mild"},
        org="acme",
        rule="R",
        severity="critical",
    )
    assert found == {
        "queue": "Support",
        "media": "voice",
        "team": "support",
        "org": "acme",
        "rule": "R",
        "severity": "critical",
    }


@pytest.mark.parametrize(
    ("globs", "muted"),
    [
        ({"queue": "Sup*"}, True),
        ({"queue": "Sup*", "media": "voice"}, True),
        ({"queue": "Sup*", "media": "chat"}, False),  # every matcher has to fit
        ({"queue": "sup*"}, False),  # case matters
        ({"team": ""}, True),  # a label it has not is empty
        ({"team": "support"}, False),
        ({"team": "*"}, False),  # and `*` stands for nothing that is not there
        ({"queue": "Sup*", "team": "*"}, False),
        ({"division": "*"}, False),  # as for a label that is there and empty
        ({"division": ""}, True),
        ({"rule": "*"}, True),
        ({}, False),  # nothing said is nothing silenced
    ],
)
def test_a_silence_holds_what_fits_every_matcher(globs: dict[str, str], muted: bool) -> None:
    """Globs match whole values; without a matcher nothing is silenced."""
    assert (silenced(QUEUE, [silence("s", 1, globs)], EPOCH) is not None) is muted


GONE = {"org": "queuewatch", "rule": "DestinationGone", "severity": "critical", "destination": "oncall/hook"}


@pytest.mark.parametrize(
    ("globs", "muted"),
    [
        ({"rule": "*"}, (False, False)),
        ({"rule": "**"}, (False, False)),
        ({"rule": "?*"}, (False, False)),
        ({"rule": "??????????"}, (False, False)),
        ({"rule": "[!x]*"}, (False, False)),
        ({"rule": "[]S]*"}, (False, False)),
        ({"org": "acme"}, (False, False)),
        ({"severity": "critical"}, (False, False)),
        ({"source": "queues"}, (False, False)),
        ({"destination": "oncall/*"}, (False, False)),
        ({"rule": "SourceDown"}, (True, False)),
        ({"rule": "Source*", "source": "queues"}, (True, False)),
        ({"rule": "Source*", "source": "service_level"}, (False, False)),
        ({"rule": "[S]ourceDown"}, (True, False)),
        ({"rule": "DestinationGone"}, (False, True)),
        ({"rule": "D*", "destination": "oncall/*"}, (False, True)),
    ],
)
def test_what_is_said_of_ourselves_is_silenced_by_name(
    globs: dict[str, str], muted: tuple[bool, bool]
) -> None:
    """That nothing is known, or nobody told, is heard through a silence that does not name it."""
    kept = [silence("s", 1, globs)]
    assert tuple(silenced(one, kept, EPOCH) is not None for one in (SOURCE_DOWN, GONE)) == muted


def test_only_a_glob_that_fits_names_what_it_silences() -> None:
    """Of several globs the one that fits has to say more than `*`; a regex is always said on purpose."""
    several = replace(silence("s", 1, {}), matchers=(Matcher(label="rule", globs=("*", "Waiting")),))
    regex = replace(several, matchers=(Matcher(label="rule", regex="Source.*"),))
    assert silenced(SOURCE_DOWN, [several], EPOCH) is None
    assert silenced(QUEUE, [several], EPOCH) is several
    assert silenced(SOURCE_DOWN, [regex], EPOCH) is regex


@pytest.mark.parametrize(
    ("globs", "swept"),
    [
        ({"org": "*"}, True),
        ({"org": "?*", "severity": "**", "queue": "[!x]*"}, True),
        ({"severity": "*i*"}, True),  # every severity has one
        ({"rule": "**"}, True),
        ({"queue": "*"}, True),
        ({"rule": "*"}, False),  # it is said
        ({"rule": "*", "org": "*"}, False),
        ({"org": "*", "severity": "warning"}, False),
        ({"severity": "w*"}, False),
        ({"queue": "S*"}, False),
        ({"queue": "[VIP"}, False),  # no set: it has no end
        ({"org": "acme"}, False),
    ],
)
def test_a_silence_of_everything_has_to_say_so(globs: dict[str, str], swept: bool) -> None:
    """Patterns that fit whatever there is are not meant, unless the rule is `*`."""
    assert sweeping(matchers(**globs)) is swept


def test_a_long_glob_is_looked_at_once() -> None:
    """However many sets may begin in it: the time does not grow with the ways to read it."""
    assert sweeping(matchers(queue="[]" * 500 + "x")) is False
    assert sweeping(matchers(queue="[]]" * 300)) is True


def test_a_silence_may_match_by_regex() -> None:
    """A regex has to match the whole value."""
    whole = Silence(
        id="s",
        matchers=(Matcher(label="queue", regex="Sup+ort|Sales"),),
        starts_at=EPOCH,
        ends_at=EPOCH + HOUR,
        owner="",
        comment="",
    )
    assert silenced(QUEUE, [whole], EPOCH) is whole
    assert silenced({**QUEUE, "queue": "Support 2"}, [whole], EPOCH) is None


@pytest.mark.parametrize(
    ("moment", "muted"),
    [(-SECOND, False), (0 * SECOND, True), (HOUR - SECOND, True), (HOUR, False)],
)
def test_a_silence_lasts_from_its_start_until_before_its_end(moment: timedelta, muted: bool) -> None:
    """The start is in, the end is out."""
    assert (silenced(QUEUE, [silence("s", 1, {"queue": "*"})], EPOCH + moment) is not None) is muted


def test_of_several_silences_the_one_that_ends_last_is_named() -> None:
    """So that what is shown says when it will be heard again; what does not hold has no say."""
    several = [
        silence("short", 1, {"queue": "*"}),
        silence("long", 3, {"queue": "*"}),
        silence("longest", 9, {"queue": "Sales"}),
        silence("middle", 2, {"queue": "*"}),
    ]
    found = silenced(QUEUE, several, EPOCH)
    assert found is not None
    assert found.id == "long"


WARNING = {**QUEUE, "severity": "warning"}
ELSEWHERE = {**QUEUE, "org": "other"}
VIPS = inhibition({"rule": "SourceDown"}, {"team": "*"}, name="vips")
BOTH_WAYS = inhibition({"rule": "*"}, {"rule": "*"}, ["org"], name="any")


@pytest.mark.parametrize(
    ("why", "several", "firing", "alert", "name"),
    [
        ("the cause fires", [OUTAGE], [SOURCE_DOWN], QUEUE, "outage"),
        ("nothing fires", [OUTAGE], [], QUEUE, None),
        ("another thing fires", [OUTAGE], [WARNING], QUEUE, None),
        ("the cause fires in another org", [OUTAGE], [SOURCE_DOWN], ELSEWHERE, None),
        ("the cause itself is not a target", [OUTAGE], [SOURCE_DOWN], SOURCE_DOWN, None),
        ("critical mutes warning", [GRADE], [QUEUE, WARNING], WARNING, "grade"),
        ("warning does not mute critical", [GRADE], [QUEUE, WARNING], QUEUE, None),
        ("of another queue", [GRADE], [{**QUEUE, "queue": "Sales"}], WARNING, None),
        (
            "a label both lack is shared",
            [GRADE],
            [{"severity": "critical"}],
            {"severity": "warning"},
            "grade",
        ),
        ("one lacks a label", [GRADE], [{**QUEUE, "media": ""}], WARNING, None),
        ("the first that mutes is named", [GRADE, OUTAGE], [SOURCE_DOWN], WARNING, "outage"),
        ("it never mutes itself", [BOTH_WAYS], [QUEUE], QUEUE, None),
        ("no two mute each other", [BOTH_WAYS], [QUEUE, SOURCE_DOWN], QUEUE, None),
        ("a label it has not is not anything", [VIPS], [SOURCE_DOWN], QUEUE, None),
        ("a label it has is", [VIPS], [SOURCE_DOWN], {**QUEUE, "team": "vip"}, "vips"),
        ("nothing said is no source", [inhibition({}, {"rule": "*"})], [SOURCE_DOWN], QUEUE, None),
        ("nothing said is no target", [inhibition({"rule": "*"}, {})], [SOURCE_DOWN], QUEUE, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_consequences_are_muted_while_their_cause_fires(
    why: str,
    several: list[Inhibition],
    firing: list[dict[str, str]],
    alert: dict[str, str],
    name: str | None,
) -> None:
    """Source, target and the equal labels decide."""
    assert Inhibitor(tuple(several), firing).by(alert) == name


def test_who_is_cause_and_consequence_is_muted_by_a_plain_cause() -> None:
    """Only another that is both has no say; one that is just the cause has."""
    both = inhibition({"severity": "*"}, {"rule": "ServiceLevel*"}, ["org"])
    assert Inhibitor((both,), [QUEUE, WARNING]).by(QUEUE) is None
    assert Inhibitor((both,), [QUEUE, SOURCE_DOWN]).by(QUEUE) == "i1"
    assert Inhibitor((both,), [SOURCE_DOWN, QUEUE]).by(QUEUE) == "i1"


def test_the_firing_alerts_may_come_as_an_iterator() -> None:
    """Each inhibition sees all of them."""
    assert Inhibitor((GRADE, OUTAGE), iter([SOURCE_DOWN])).by(QUEUE) == "outage"


def slowly(one: Inhibition, firing: Sequence[Mapping[str, str]], alert: Mapping[str, str]) -> bool:
    """Say the same by comparing with every firing alert, exact values only."""

    def fits(several: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
        return bool(several) and all(labels.get(each.label, "") in each.globs for each in several)

    return fits(one.target, alert) and any(
        fits(one.source, cause)
        and all(cause.get(name, "") == alert.get(name, "") for name in one.equal)
        and not (fits(one.source, alert) and fits(one.target, cause))
        for cause in firing
    )


NAMES = st.sampled_from(["a", "b"])
SOME = st.dictionaries(NAMES, st.sampled_from(["", "x", "y"]), max_size=2)


@given(SOME, SOME, st.lists(NAMES, unique=True), st.lists(SOME, max_size=5), SOME)
def test_the_index_finds_what_comparing_all_would(
    source: dict[str, str],
    target: dict[str, str],
    equal: list[str],
    firing: list[dict[str, str]],
    alert: dict[str, str],
) -> None:
    """However labels, matchers and equal labels fall, both agree."""
    one = inhibition(source, target, equal)
    assert (Inhibitor((one,), firing).by(alert) is not None) is slowly(one, firing, alert)


@given(st.lists(SOME, min_size=1, max_size=5), SOME, SOME, st.lists(NAMES, unique=True))
def test_an_inhibition_never_silences_everyone(
    firing: list[dict[str, str]], source: dict[str, str], target: dict[str, str], equal: list[str]
) -> None:
    """Of the alerts that fire, at least one is heard."""
    inhibitor = Inhibitor((inhibition(source, target, equal),), firing)
    assert any(inhibitor.by(alert) is None for alert in firing)
