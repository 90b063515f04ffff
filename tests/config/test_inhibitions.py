"""Inhibitions and virtual queues, as the file has them."""

from pathlib import Path

import pytest

from monitor.model.inhibition import Inhibition
from monitor.model.rule import Matcher
from monitor.model.virtual import VirtualQueue
from tests.config.files import loaded, mistakes, only, rule

RULES = rule("critical: {above: 8}, labels: {team: support}")
ID = "f6a49350-0000-4000-8000-00000000a001"


def inhibition(text: str) -> str:
    """Return a file with one rule and one inhibition."""
    return f"{RULES}inhibitions: [{{name: Quiet, {text}}}]\n"


def test_an_inhibition(tmp_path: Path):
    """Matchers are written as in for_each; equal may be one label."""
    text = inhibition(
        'source: {rule: Rule, severity: critical}, target: {team: [support, "b*"]}, equal: queue_id'
    )
    assert loaded(tmp_path, text).inhibitions == (
        Inhibition(
            name="Quiet",
            source=(Matcher(label="rule", globs=("Rule",)), Matcher(label="severity", globs=("critical",))),
            target=(Matcher(label="team", globs=("support", "b*")),),
            equal=("queue_id",),
        ),
    )
    assert loaded(tmp_path).inhibitions == ()


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("source: {rule: Rule}", "[0].target", "says nothing, and so fits no alert"),
        ("target: {rule: Rule}", "[0].source", "says nothing, and so fits no alert"),
        ("source: {rule: Rul}, target: {rule: '*'}", "[0].source.rule", "no such rule (did you mean Rule?)"),
        ("source: {severity: page}, target: {rule: '*'}", "[0].source.severity", "there is no such severity"),
        ("source: {queeu_id: x}, target: {rule: '*'}", "[0].source.queeu_id", "did you mean queue_id?"),
        ("source: {team: sales}, target: {rule: '*'}", "[0].source.team", "no such team (there is support)"),
        ("source: {rule: Rule}, target: {rule: 7}", "[0].target.rule", "put numbers in quotes"),
        ("source: {rule: Rule}, target: {rule: '*'}, equal: [qeue]", "[0].equal.qeue", "did you mean queue?"),
        ("source: {rule: Rule}, target: {rule: '*'}, equals: [queue]", "[0].equals", "did you mean equal?"),
    ],
)
def test_wrong_inhibitions_are_mistakes(tmp_path: Path, text, path, words):
    """One that fits nothing mutes nothing, and nobody would notice."""
    mistake = only(mistakes(tmp_path, inhibition(text)))
    assert mistake.path == f"inhibitions{path}"
    assert words in str(mistake)


def test_names_of_inhibitions_differ(tmp_path: Path):
    """The name is what is told of a muted alert."""
    one = "{name: A, source: {rule: SourceDown}, target: {rule: '*'}}"
    mistake = only(mistakes(tmp_path, f"inhibitions: [{one}, {one}]"))
    assert mistake.path == "inhibitions[1].name"


def test_a_wrong_rule_is_no_missing_rule(tmp_path: Path):
    """An inhibition is not held against rules that were not understood."""
    text = (
        rule("critical: {above: high}") + "inhibitions: [{name: A, source: {rule: Rule}, target: {team: x}}]"
    )
    assert only(mistakes(tmp_path, text)).path == "rules[0].critical.above"


def test_virtual_queues(tmp_path: Path):
    """Any list, or none for all queues."""
    text = f'virtual_queues: {{support: {{names: ["Support*"], divisions: [Home], ids: [{ID}]}}, all: }}'
    assert loaded(tmp_path, text).virtual_queues == (
        VirtualQueue(name="support", ids=(ID,), names=("Support*",), divisions=("Home",)),
        VirtualQueue(name="all"),
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [("{S: {}}", "S"), ("{a: {ids: [x]}}", "a.ids[0]"), ("{a: {name: x}}", "a.name"), ("{a: []}", "a")],
)
def test_wrong_virtual_queues_are_mistakes(tmp_path: Path, text, path):
    """Names are plain, ids are UUIDs."""
    assert only(mistakes(tmp_path, f"virtual_queues: {text}")).path == f"virtual_queues.{path}"


@pytest.mark.parametrize(
    ("virtual", "found"),
    [
        ("{support: }", []),
        ("{suport: }", ["rules[0].for_each.queue_id"]),
        ("{}", ["rules[0].for_each.queue_id"]),
        ("{support: {ids: [x]}}", ["virtual_queues.support.ids[0]"]),
    ],
)
def test_a_rule_names_virtual_queues_that_exist(tmp_path: Path, virtual, found):
    """By id; a wrong one is not a missing one."""
    match = 'for_each: {queue_id: ["virtual:support", "virtual:s*"]}'
    text = f"virtual_queues: {virtual}\n" + rule("critical: {above: 1}, " + match)
    if found:
        assert [mistake.path for mistake in mistakes(tmp_path, text)] == found
    else:
        assert loaded(tmp_path, text).rules
