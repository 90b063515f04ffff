"""Our service-level arithmetic against the platform's own."""

from __future__ import annotations

import pytest

from monitor.model.observation import QueueService
from monitor.model.servicelevel import Formula
from monitor.sources.checking import LASTING, SelfCheck, explanations


def a_service(counted: float | None, **figures: float | None) -> QueueService:
    """Return a queue with 36 answered, 5 abandoned (1 short) and 2 flowed out."""
    known: dict[str, float | None] = {
        "answered": 36.0,
        "abandoned": 5.0,
        "short_abandoned": 1.0,
        "flowed_out": 2.0,
    }
    known |= figures
    return QueueService(queue_id="q", media="voice", within={}, level_counted=counted, **known)


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        (43.0, "flow_outs: true"),
        (40.0, "short_abandons: false"),
        (36.0, "abandons: false"),
        (42.0, "short_abandons: false, flow_outs: true"),
    ],
)
def test_a_lasting_difference_is_one_warning_that_names_the_option(counted, words):
    """The third disagreement in a row says which option to write, and is said once."""
    check = SelfCheck(Formula())
    said = [check.check([a_service(counted)]) for _ in range(LASTING + 3)]
    assert [one is not None for one in said] == [False] * (LASTING - 1) + [True] + [False] * 3
    assert words in (said[LASTING - 1] or "")


def test_agreement_says_nothing():
    """36 answered and 5 abandoned are the 41 of Genesys' default."""
    check = SelfCheck(Formula())
    assert all(check.check([a_service(41.0)]) is None for _ in range(9))


def test_a_difference_that_passes_is_not_told():
    """Two disagreements and an agreement start over."""
    check = SelfCheck(Formula())
    said = [check.check([a_service(counted)]) for counted in (43.0, 43.0, 41.0, 43.0, 43.0)]
    assert said == [None] * 5


def test_a_figure_nothing_explains_is_told_as_that():
    """A denominator that no combination yields is not blamed on an option."""
    check = SelfCheck(Formula())
    said = [check.check([a_service(17.0)]) for _ in range(LASTING)]
    assert said[-1] is not None
    assert "no combination" in said[-1]


def test_queues_together_leave_fewer_explanations():
    """A queue without short abandons cannot tell those formulas apart; one with them can."""
    calm = a_service(43.0, short_abandoned=0.0)
    assert len(explanations([calm]) or ()) > len(explanations([calm, a_service(43.0)]) or ())
    assert explanations([a_service(None)]) is None


def test_what_is_unknown_rules_no_formula_out():
    """A figure that could not be read is no disagreement, however long it lasts."""
    check = SelfCheck(Formula(short_abandons=False))
    assert explanations([a_service(40.0, short_abandoned=None)]) is None
    assert all(check.check([a_service(40.0, short_abandoned=None)]) is None for _ in range(LASTING + 1))


def test_a_denominator_with_an_unknown_part_is_unknown():
    """Short abandons that are to be taken off, and were not read, leave no denominator, not a larger one."""
    without, including = Formula(short_abandons=False), Formula()
    assert without.denominator(a_service(None)) == 40.0
    assert without.denominator(a_service(None, short_abandoned=None)) is None
    assert including.denominator(a_service(None, short_abandoned=None)) == 41.0
