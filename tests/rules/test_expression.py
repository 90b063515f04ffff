"""Rule expressions: what they say, how strongly operators bind, what unknown does."""

from __future__ import annotations

import math

import pytest

from monitor.model.catalogue import METRICS
from monitor.rules.expression import compiled

NAMES = {
    "waiting": "interactions",
    "alerting": "interactions",
    "agents": "agents",
    "level": "ratio",
    "wait": "seconds",
    "talk": "seconds",
    "score": "",
}

Result = float | bool | None


def value(text: str, **values: float | None) -> Result:
    """Evaluate `text`, one value and in a column: both have to say the same."""
    expression = compiled(text, NAMES)
    row = [values[name] for name in expression.metrics]
    said = expression.evaluate(row)
    assert repr(expression.column([[one] for one in row], [0])) == repr([said])
    return said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20", 20.0),
        ("0.8", 0.8),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("2.5E-1", 0.25),
        ("007", 7.0),
        ("90s", 90.0),
        ("2m", 120.0),
        ("1h30m", 5400.0),
        ("250ms", 0.25),
        ("1.5d", 129_600.0),
        ("true", True),
        ("false", False),
        ("1 / 2", 0.5),  # always doubles
        ("-3", -3.0),
        ("--3", 3.0),
        ("2 - -3", 5.0),
        ("2--3", 5.0),
        ("!true", False),
        ("!!true", True),
        ("min(3, 1, 2)", 1.0),
        ("max(3, 1, 2)", 3.0),
        ("max(1, min(5, 3))", 3.0),
        (" \t\r\n\f( 1 ) ", 1.0),
        ("0.1 + 0.2 == 0.3", False),  # doubles, as everywhere
        ("1 <= 1", True),
        ("1 >= 2", False),
        ("1 != 2", True),
        ("true == true", True),
        ("true != (1 < 2)", False),
        ("true ? 1 : 2", 1.0),
        ("false ? 1 : 2", 2.0),
        ("true ? false : true", False),
    ],
)
def test_what_it_says(text: str, expected: Result) -> None:
    """Every kind of literal and operator gives what it should, as a double or a truth."""
    assert repr(value(text)) == repr(expected)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("8 - 4 - 2", "(8 - 4) - 2"),
        ("8 / 4 / 2", "(8 / 4) / 2"),
        ("8 / 4 * 2", "(8 / 4) * 2"),
        ("8 - 4 + 2", "(8 - 4) + 2"),
        ("2 + 3 * 4", "2 + (3 * 4)"),
        ("2 * 3 - 4 / 2", "(2 * 3) - (4 / 2)"),
        ("-2 * -3 + 1", "((-2) * (-3)) + 1"),
        ("-2 - 3", "(-2) - 3"),
        ("1 + 1 < 3", "(1 + 1) < 3"),
        ("3 > 1 + 1", "3 > (1 + 1)"),
        ("true || true && false", "true || (true && false)"),
        ("false && true || true", "(false && true) || true"),
        ("1 < 2 && 3 < 2 || 2 < 3", "((1 < 2) && (3 < 2)) || (2 < 3)"),
        ("!false == false", "(!false) == false"),
        ("!true || true", "(!true) || true"),
        ("true || false ? 1 : 2", "(true || false) ? 1 : 2"),
        ("true ? 1 : true ? 2 : 3", "true ? 1 : (true ? 2 : 3)"),
        ("false ? 1 : false ? 2 : 3", "false ? 1 : (false ? 2 : 3)"),
        ("true ? 1 : 2 + 5", "true ? 1 : (2 + 5)"),
        ("true ? 1 < 2 : false && false", "true ? (1 < 2) : (false && false)"),
    ],
)
def test_how_strongly_operators_bind(text: str, same: str) -> None:
    """Without parentheses an expression means what CEL means by it."""
    assert value(text) == value(same)


KLEENE = [
    (True, True, True, True),
    (True, False, False, True),
    (True, None, None, True),
    (False, True, False, True),
    (False, False, False, False),
    (False, None, False, None),
    (None, True, None, True),
    (None, False, False, None),
    (None, None, None, None),
]
"""Left, right, left && right, left || right: Kleene's strong three-valued logic."""

AS_WAITING: dict[Result, float | None] = {True: 1.0, False: 0.0, None: None}


@pytest.mark.parametrize(("left", "right", "both", "either"), KLEENE)
def test_unknown_in_connectives(left: Result, right: Result, both: Result, either: Result) -> None:
    """What one side settles is settled, whichever side it is; otherwise unknown stays unknown."""
    values = {"waiting": AS_WAITING[left], "agents": AS_WAITING[right]}
    assert value("waiting > 0 && agents > 0", **values) is both
    assert value("waiting > 0 || agents > 0", **values) is either
    assert value("!(waiting > 0 && agents > 0)", **values) is value(
        "!(waiting > 0) || !(agents > 0)", **values
    )


@pytest.mark.parametrize(
    "text",
    [
        "waiting",
        "-waiting",
        "waiting + 1",
        "1 - waiting",
        "waiting * 0",
        "0 / waiting",
        "waiting == waiting",
        "waiting != waiting",
        "waiting < 1",
        "1 >= waiting",
        "!(waiting > 1)",
        "(waiting > 1) == (waiting > 1)",
        "min(waiting, 1)",
        "min(1, waiting)",
        "max(1, 2, waiting)",
        "waiting > 1 ? 1 : 1",
        "true ? waiting : 1",
        "waiting > 1 ? true : true",
    ],
)
@pytest.mark.parametrize("unknown", [None, math.nan, math.inf, -math.inf])
def test_unknown_stays_unknown(text: str, unknown: float | None) -> None:
    """Unknown in, unknown out; a value that is infinite or no number is unknown as well."""
    assert value(text, waiting=unknown) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true ? 1 : waiting", 1.0),
        ("false ? waiting : 2", 2.0),
        ("true || waiting > 1", True),
        ("waiting / 0 > 1 && false", False),
    ],
)
def test_what_is_not_asked_may_be_unknown(text: str, expected: Result) -> None:
    """The side of a choice that is not taken, and what is settled anyway, do no harm."""
    assert value(text, waiting=None) == expected


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0",
        "0 / 0",
        "1 / -0",
        "-1 / (level - level)",
        "1e308 * 10",
        "-1e308 - 1e308",
        "1e308 + 1e308",
        "1e308 / 1e-10",
        "1 / (1 / 0)",
        "1 / 0 > 1",
        "1 / 0 == 1 / 0",
        "max(1, 1 / 0)",
        "1 / 0 > 1 ? 1 : 2",
    ],
)
def test_what_is_no_finite_number_is_unknown(text: str) -> None:
    """A division by zero and an overflow are unknown, and so is what follows from them; CEL has infinity."""
    assert value(text, level=0.5) is None


@pytest.mark.parametrize(
    ("text", "boolean", "unit"),
    [
        ("waiting", False, "interactions"),
        ("score", False, ""),
        ("1", False, ""),
        ("90s", False, "seconds"),
        ("-wait", False, "seconds"),
        ("wait > 90s", True, ""),
        ("wait > 90", True, ""),
        ("90 < wait", True, ""),
        ("wait + talk", False, "seconds"),
        ("wait - 2m", False, "seconds"),
        ("wait + 5 * 60", False, "seconds"),  # what is made of bare numbers is bare
        ("waiting * 2", False, "interactions"),
        ("2 * waiting", False, "interactions"),
        ("waiting / 2", False, "interactions"),
        ("waiting * level", False, "interactions"),
        ("level * waiting", False, "interactions"),
        ("level * level", False, "ratio"),
        ("wait * talk", False, ""),
        ("waiting / agents", False, ""),
        ("wait / talk", False, "ratio"),
        ("level / level", False, "ratio"),
        ("wait / 1m", False, "ratio"),
        ("waiting / level", False, ""),
        ("1 / wait", False, ""),
        ("score / score", False, ""),
        ("score * wait", False, ""),
        ("score + waiting / agents", False, ""),
        ("min(wait, 90s, 5)", False, "seconds"),
        ("max(1, wait)", False, "seconds"),
        ("min(1, 2)", False, ""),
        ("waiting > 1 ? wait : talk", False, "seconds"),
        ("waiting > 1 ? 0 : talk", False, "seconds"),
        ("waiting > 1 ? 1 : 2", False, ""),
        ("waiting > 1 ? true : false", True, ""),
        ("wait / talk > level", True, ""),
        ("(wait > 1) == (talk > 1)", True, ""),
    ],
)
def test_what_it_gives(text: str, boolean: bool, unit: str) -> None:
    """An expression knows whether it gives a truth or a number, and in which unit."""
    expression = compiled(text, NAMES)
    assert (expression.text, expression.boolean, expression.unit) == (text, boolean, unit)


def test_metrics_are_named_once_in_order_of_appearance() -> None:
    """Values are asked for in the order in which the text names them, each once."""
    expression = compiled(
        "max(wait, 1) > 2 && waiting > (agents > 1 ? alerting : waiting) || -talk < wait", NAMES
    )
    assert expression.metrics == ("wait", "waiting", "agents", "alerting", "talk")
    assert compiled("1 < 2", NAMES).metrics == ()


def test_a_column_is_picked_by_rows() -> None:
    """Only the rows asked for are judged, in their order; a row may come twice, or none at all."""
    expression = compiled("waiting > 2 || agents == 0", NAMES)
    waiting = [1.0, 3.0, None, math.nan, 9.0]
    agents = [1.0, 1.0, 0.0, 1.0, None]
    assert expression.column([waiting, agents], [4, 0, 2, 3, 0]) == [True, False, True, None, False]
    assert expression.column([waiting, agents], []) == []
    assert compiled("1 + 1", NAMES).column([], [0, 1]) == [2.0, 2.0]


def test_a_column_leaves_the_samples_alone() -> None:
    """The answer is the caller's own list, even where the expression is just a metric."""
    waiting = [1.0, math.inf]
    found = compiled("waiting", NAMES).column([waiting], [0, 1])
    found.append(None)
    assert waiting == [1.0, math.inf]


def test_every_metric_of_the_catalogue_can_be_named() -> None:
    """No name of the catalogue is a word of the language."""
    names = {metric.name: metric.unit for metric in METRICS.values()}
    for name, unit in names.items():
        expression = compiled(f"{name} > 0 || {name} < 1", names)
        assert expression.metrics == (name,)
        assert compiled(name, names).unit == unit


def test_equal_texts_are_equal_expressions() -> None:
    """Two expressions are equal, and hash alike, if they say and mean the same."""
    assert compiled("waiting > 1", NAMES) == compiled("waiting > 1", NAMES)
    assert len({compiled("waiting > 1", NAMES), compiled("waiting > 1", NAMES)}) == 1
    assert compiled("waiting", NAMES) != compiled("waiting", {"waiting": "agents"})
