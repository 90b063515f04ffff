"""`min_volume`: counts that stand beside what they guard."""

from pathlib import Path

import pytest

from monitor.model.rule import Guard
from tests.config.files import ORG, loaded, mistakes, only, rule

GUIDES = ORG + "    dialect: guides\n"


def guarded(text: str, metric: str = "service_level_ratio") -> str:
    """Return a rule with a guard."""
    return rule(f"critical: {{below: 0.5}}, min_volume: {text}", metric=metric)


@pytest.mark.parametrize(
    ("text", "metric", "guard"),
    [
        ("{offered: 10}", "service_level_ratio", Guard(volume="queue_offered", at_least=10)),
        ("{queue_offered: 10.5}", "service_level_ratio", Guard(volume="queue_offered", at_least=10.5)),
        ("{genesys_queue_offered: 1}", "service_level_ratio", Guard(volume="queue_offered", at_least=1)),
        (
            "{service_level_denominator: 9, confidence: 0.95}",
            "service_level_ratio",
            Guard(volume="service_level_denominator", at_least=9, confidence=0.95),
        ),
        ("{confidence: 0.5}", "queue_abandon_ratio", Guard(confidence=0.5)),
        ("{agents_on_queue: 1}", "queue_waiting", Guard(volume="queue_agents_on_queue", at_least=1)),
        ("{}", "queue_waiting", None),
        ("", "queue_waiting", None),
    ],
)
def test_a_volume_has_a_short_name(tmp_path: Path, text, metric, guard):
    """`offered` is queue_offered; confidence is no metric."""
    assert loaded(tmp_path, guarded(text, metric)).rules[0].guard == guard


@pytest.mark.parametrize(
    ("text", "metric", "path", "words"),
    [
        (
            "{offred: 10}",
            "service_level_ratio",
            ".offred",
            "is not a known metric (did you mean queue_offered?)",
        ),
        ("{offered: -1}", "service_level_ratio", ".offered", "should be at least 0"),
        ("{offered: many}", "service_level_ratio", ".offered", "should be a number"),
        ("{offered: 1, answered: 1}", "service_level_ratio", "", "names 2 metrics (keep one)"),
        (
            "{abandon_ratio: 0.1}",
            "service_level_ratio",
            ".abandon_ratio",
            "is a ratio, no number of anything",
        ),
        ("{waiting: 1}", "service_level_ratio", ".waiting", "queue_waiting comes from sources.queues"),
        ("{agents: 1}", "queue_waiting", ".agents", "queue_agents is told by status, queue_waiting is not"),
        (
            "{service_level_numerator: 1}",
            "queue_abandon_ratio",
            ".service_level_numerator",
            "is told by defin",
        ),
        (
            "{confidence: 0.95}",
            "queue_waiting",
            ".confidence",
            "queue_waiting is no ratio whose parts are known",
        ),
        ("{confidence: 1}", "service_level_ratio", ".confidence", "at least 0.5 and less than 1"),
        ("{confidence: 0.4}", "service_level_ratio", ".confidence", "at least 0.5 and less than 1"),
    ],
)
def test_wrong_volumes_are_mistakes(tmp_path: Path, text, metric, path, words):
    """A volume that could never be found would hold the alert for ever."""
    mistake = only(mistakes(tmp_path, guarded(text, metric)))
    assert mistake.path == f"rules[0].min_volume{path}"
    assert words in str(mistake)


def test_an_expression_has_no_parts(tmp_path: Path):
    """What it is a part of cannot be said; a volume can."""
    text = (
        "rules: [{name: A, expr: queue_waiting / queue_interacting, critical: {above: 2}, min_volume: {%s}}]"
    )
    assert loaded(tmp_path, text % "waiting: 3").rules[0].guard == Guard(volume="queue_waiting", at_least=3)
    assert "expr is no ratio" in str(only(mistakes(tmp_path, text % "confidence: 0.9")))


def test_a_volume_has_to_be_known_to_the_dialect(tmp_path: Path):
    """The guides do not count what was offered."""
    mistake = only(mistakes(tmp_path, guarded("{offered: 10}"), {}, org=GUIDES, secrets=False))
    assert mistake.path == "rules[0].min_volume"
    assert "queue_offered is not known to the dialect guides" in str(mistake)
