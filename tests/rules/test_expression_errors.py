"""Expressions that cannot be used: where, why, what was probably meant; and limits against hostile text."""

from __future__ import annotations

import pytest

from monitor.rules.expression import ExpressionError, compiled

NAMES = {"waiting": "interactions", "agents": "agents", "level": "ratio", "wait": "seconds", "score": ""}
NUMBERS = "numbers are 20, 0.8 or 1e3, lengths of time 90s or 1h30m"
UNITS = "compare each with a number, or divide one by the other"
CHAIN = "write a < b && b < c, or use parentheses"
AS_NUMBER = "write condition ? 1 : 0 for a number"
AS_TRUTH = "compare it with a number"
BOTH = "both sides of : are numbers, or both true or false"
LABELS = "there is no text here; choose entities by their labels with for_each"


def refused(text: str) -> ExpressionError:
    """Return why `text` is refused."""
    with pytest.raises(ExpressionError) as caught:
        compiled(text, NAMES)
    return caught.value


@pytest.mark.parametrize(
    ("text", "column", "problem", "hint"),
    [
        # Names
        ("waitng > 1", 1, "there is no metric 'waitng'", "did you mean waiting?"),
        ("1 < genesys_waiting", 5, "there is no metric 'genesys_waiting'", "did you mean waiting?"),
        ("genesys_wait", 1, "there is no metric 'genesys_wait'", "did you mean wait?"),
        ("zzz > 1", 1, "there is no metric 'zzz'", ""),
        ("min > 1", 1, "there is no metric 'min'", ""),
        ("sum(1, 2)", 1, "there is no function 'sum'", "functions are min and max"),
        ("MAX(1, 2)", 1, "there is no function 'MAX'", "did you mean max?"),
        ("max(1)", 1, "max of one value", "give it two or more"),
        # Spellings of other languages
        ("waiting = 1", 9, "'=' means nothing here", "did you mean ==?"),
        ("waiting === 1", 11, "'=' means nothing here", "did you mean ==?"),
        ("waiting => 1", 9, "'=>' means nothing here", "did you mean >=?"),
        ("waiting =< 1", 9, "'=<' means nothing here", "did you mean <=?"),
        ("waiting <> 1", 9, "'<>' means nothing here", "did you mean !=?"),
        ("waiting ≤ 1", 9, "'≤' means nothing here", "did you mean <=?"),
        ("true & true", 6, "'&' means nothing here", "did you mean &&?"),
        ("true | true", 6, "'|' means nothing here", "did you mean ||?"),
        ("true and true", 6, "'and' means nothing here", "did you mean &&?"),
        ("true OR true", 6, "'OR' means nothing here", "did you mean ||?"),
        ("not true", 1, "'not' means nothing here", "did you mean !?"),
        ("not(true)", 1, "'not' means nothing here", "did you mean !?"),
        ("True", 1, "'True' means nothing here", "did you mean true?"),
        ("level < 80%", 11, "'%' means nothing here", "there is no remainder; write 80 % as 0.8"),
        ("queue == 'x'", 10, '"\'" means nothing here', LABELS),
        ("queue.waiting", 6, "'.' means nothing here", "names have no dots"),
        ("[1]", 1, "'[' means nothing here", ""),
        # Numbers
        ("waiting > 20x", 11, "'20x' is not a number", NUMBERS),
        ("1.", 1, "'1.' is not a number", NUMBERS),
        ("1.2.3", 1, "'1.2.3' is not a number", NUMBERS),
        ("0x1F", 1, "'0x1F' is not a number", NUMBERS),
        ("1m5", 1, "'1m5' is not a number", NUMBERS),
        ("1e999", 1, "'1e999' is too large a number", ""),
        # Grammar
        ("", 1, "the expression is empty", "write a condition, such as waiting > 20"),
        (" \n ", 1, "the expression is empty", "write a condition, such as waiting > 20"),
        ("waiting >", 10, "a value is missing at the end", ""),
        ("waiting > > 1", 11, "a value is missing before '>'", ""),
        ("&& true", 1, "a value is missing before '&&'", ""),
        ("max()", 5, "a value is missing before ')'", ""),
        ("max(1,)", 7, "a value is missing before ')'", ""),
        ("(waiting > 1", 13, "')' is missing at the end", ""),
        ("(waiting > 1 2", 14, "')' is missing before '2'", ""),
        ("waiting > 1)", 12, "an operator is missing before ')'", ""),
        ("waiting agents", 9, "an operator is missing before 'agents'", ""),
        ("1, 2", 2, "an operator is missing before ','", ""),
        ("true ? 1", 9, "':' is missing at the end", "a choice is condition ? value : value"),
        ("true ? true ? 1 : 2 : 3", 13, "a choice within a choice", "put it in parentheses"),
        ("1 < waiting < 3", 13, "a comparison cannot be chained", CHAIN),
        ("1 == 1 == true", 8, "a comparison cannot be chained", CHAIN),
        # Numbers and truths
        ("!waiting", 2, "'!' takes true or false, this is a number", AS_TRUTH),
        ("1 < 2 && waiting", 10, "'&&' takes true or false, this is a number", AS_TRUTH),
        ("1 || true", 1, "'||' takes true or false, this is a number", AS_TRUTH),
        ("waiting ? 1 : 2", 1, "'?' takes true or false, this is a number", AS_TRUTH),
        ("-true", 2, "'-' takes numbers, this is true or false", AS_NUMBER),
        ("1 + true", 5, "'+' takes numbers, this is true or false", AS_NUMBER),
        ("(1 < 2) * 3", 4, "'*' takes numbers, this is true or false", AS_NUMBER),
        ("true < false", 1, "'<' takes numbers, this is true or false", AS_NUMBER),
        ("1 == true", 6, "'==' takes numbers, this is true or false", AS_NUMBER),
        ("true != 1", 1, "'!=' takes numbers, this is true or false", AS_NUMBER),
        ("max(1, true)", 8, "'max' takes numbers, this is true or false", AS_NUMBER),
        ("true ? 1 : false", 6, "cannot choose between a number and true or false", BOTH),
        # Units
        ("wait < level", 6, "cannot compare seconds and ratio", UNITS),
        ("level == 90s", 7, "cannot compare ratio and seconds", UNITS),
        ("waiting + agents", 9, "cannot add interactions and agents", UNITS),
        ("waiting - 5 - agents", 13, "cannot subtract interactions and agents", UNITS),
        ("min(1, wait, level)", 14, "cannot take the min of seconds and ratio", UNITS),
        ("max(level, wait)", 12, "cannot take the max of ratio and seconds", UNITS),
        ("true ? wait : level", 6, "cannot choose between seconds and ratio", UNITS),
        ("score > wait", 7, "cannot compare a number without unit and seconds", UNITS),
        ("wait * 2 > level", 10, "cannot compare seconds and ratio", UNITS),
        ("wait / wait > waiting / waiting + wait", 33, "cannot add ratio and seconds", UNITS),
    ],
)
def test_what_is_wrong_and_where(text: str, column: int, problem: str, hint: str) -> None:
    """A refusal names the column, the problem, and what was probably meant."""
    error = refused(text)
    assert (error.column, error.problem, error.hint) == (column, problem, hint)


def test_an_error_reads_as_one_line() -> None:
    """As text an error has everything; without a hint it ends after the problem."""
    assert str(refused("waitng")) == "column 1: there is no metric 'waitng'; did you mean waiting?"
    assert str(refused("1 2")) == "column 3: an operator is missing before '2'"


@pytest.mark.parametrize(
    ("within", "beyond", "column", "problem"),
    [
        ("1" + " " * 999, "1" + " " * 1000, 1001, "longer than 1,000 characters"),
        ("1" + "+1" * 64, "1" + "+1" * 65, 130, "more than 64 operators"),
        ("!" * 32 + "true", "!" * 33 + "true", 33, "nested deeper than 32 levels"),
        ("(" * 32 + "1" + ")" * 32, "(" * 33 + "1" + ")" * 33, 33, "nested deeper than 32 levels"),
        ("min(1," * 32 + "1" + ")" * 32, "min(1," * 33 + "1" + ")" * 33, 193, "nested deeper than 32 levels"),
        ("true?1:" * 32 + "1", "true?1:" * 33 + "1", 229, "nested deeper than 32 levels"),
    ],
)
def test_limits(within: str, beyond: str, column: int, problem: str) -> None:
    """The last that fits is evaluated, one more is refused where it begins."""
    assert compiled(within, NAMES).evaluate([]) is not None
    error = refused(beyond)
    assert (error.column, error.problem) == (column, problem)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 999,
        "(" * 100_000,
        "-" * 999,
        "!" * 999,
        "1+" * 5_000,
        "true?" * 199,
        "true?1:" * 142,
        "max(" * 249,
        "a" * 10_240,
        "9" * 999,
        "9" * 10_240,
        "1." * 499,
        "1m" * 499 + "x",
        "\0",
        "waiting > 1\0",
        "\0waiting",
        "٣ > 1",  # a digit, but not one of ours
        "٣s",
        "1٣s > 1",
        "ｗａｉｔｉｎｇ > 1",
        "waitіng > 1",  # with a Cyrillic і
        "waiting\u202e > 1",
        "waiting\u00a0> 1",
        "\ud800",
        "𝟙 + 𝟙",
        "__import__('os')",
        "waiting.__class__",
        "(lambda: 1)()",
        "1 if true else 2",
        "1; 2",
        "waiting // 2",
        "waiting /* 1 */",
    ],
)
def test_hostile_text_is_refused(text: str) -> None:
    """Whatever the text, it is refused within its limits, in one short printable line."""
    error = refused(text)
    assert 1 <= error.column <= min(len(text), 1000) + 1
    assert len(str(error)) < 250
    assert str(error).isprintable()


def test_nothing_costs_more_the_deeper_it_is() -> None:
    """Every level is looked at once: the deepest chains of comparisons compile and run at once."""
    text = "true"
    for _ in range(32):
        text = f"({text} == true)"
    assert compiled(text, NAMES).evaluate([]) is True
    assert compiled("max(" + ",".join("1" * 490) + ", 2)", NAMES).evaluate([]) == 2.0
