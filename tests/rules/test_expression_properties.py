"""Rule expressions: what holds for all of them, and for all text."""

from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st

from monitor.rules.expression import Expression, ExpressionError, compiled

METRICS = ("waiting", "agents", "wait", "level")
NAMES = dict.fromkeys(METRICS, "")

figures = st.sampled_from(["0", "1", "2.5", "0.8", "1e308", *METRICS])
comparisons = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


def operations(numbers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Numbers made of numbers."""
    joined = st.builds("({} {} {})".format, numbers, st.sampled_from("+-*/"), numbers)
    extremes = st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), numbers, numbers)
    chosen = st.builds("({} {} {} ? {} : {})".format, numbers, comparisons, numbers, numbers, numbers)
    return joined | extremes | chosen | numbers.map("-{}".format)


def connections(truths: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Truths made of truths."""
    joined = st.builds("({} {} {})".format, truths, st.sampled_from(["&&", "||", "==", "!="]), truths)
    chosen = st.builds("({} ? {} : {})".format, truths, truths, truths)
    return joined | chosen | truths.map("!{}".format)


numbers = st.recursive(figures, operations, max_leaves=6)
truths = st.recursive(
    st.builds("({} {} {})".format, numbers, comparisons, numbers) | st.sampled_from(["true", "false"]),
    connections,
    max_leaves=4,
)
expressions = (numbers | truths).filter(lambda text: sum(map(text.count, "+-*/<>=!&|?")) <= 64)
finite = st.sampled_from([0.0, 1.0, 2.5, -3.0, 0.8, 1e308]) | st.floats(allow_nan=False, allow_infinity=False)
values = st.none() | finite | st.sampled_from([math.nan, math.inf, -math.inf])
samples = st.fixed_dictionaries(dict.fromkeys(METRICS, values))
words = st.sampled_from(
    [
        *METRICS,
        *"+-*/<>=!?:(),.",
        "&&",
        "||",
        "==",
        "min(",
        "max(",
        "true",
        " ",
        "1",
        "90s",
        "1e9",
        "not",
        "\0",
        "é",
    ]
)


@given(expressions, st.lists(samples, max_size=5))
def test_a_column_says_what_its_values_say(text: str, rows: list[dict[str, float | None]]) -> None:
    """Evaluating a column and evaluating each row give the same, to the type and the sign of zero."""
    expression = compiled(text, NAMES)
    columns = [[row[name] for row in rows] for name in expression.metrics]
    alone = [expression.evaluate([row[name] for name in expression.metrics]) for row in rows]
    assert repr(expression.column(columns, range(len(rows)))) == repr(alone)


@given(expressions, samples)
def test_an_answer_is_of_the_kind_that_was_promised(text: str, row: dict[str, float | None]) -> None:
    """A truth or a finite number, as announced, or unknown."""
    expression = compiled(text, NAMES)
    said = expression.evaluate([row[name] for name in expression.metrics])
    if said is not None:
        assert isinstance(said, bool) is expression.boolean
        assert math.isfinite(said)


@given(expressions, samples, st.fixed_dictionaries(dict.fromkeys(METRICS, finite)))
def test_what_is_known_stays_so(text: str, row: dict[str, float | None], later: dict[str, float]) -> None:
    """Whatever the unknown values turn out to be, an answer given without them was right."""
    expression = compiled(text, NAMES)
    said = expression.evaluate([row[name] for name in expression.metrics])
    known = {
        name: value if value is not None and math.isfinite(value) else later[name]
        for name, value in row.items()
    }
    if said is not None:
        assert repr(expression.evaluate([known[name] for name in expression.metrics])) == repr(said)


def tried(text: str) -> Expression | ExpressionError:
    """The expression, or why it is refused."""
    try:
        return compiled(text, NAMES)
    except ExpressionError as error:
        return error


@given(st.text() | st.lists(words, max_size=40).map("".join))
@example("(" * 1001)
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    """No text does anything else than compile or be refused within its length; what compiles also runs."""
    outcome = tried(text)
    if isinstance(outcome, Expression):
        outcome.evaluate([1.0] * len(outcome.metrics))
    else:
        assert 1 <= outcome.column <= len(text) + 1
        assert outcome.problem
        assert str(outcome).isprintable()
