"""The Rust implementation of CEL as the oracle: random expressions of the operators both know, on doubles.

Two differences are meant. A metric that is unknown here is a missing variable there, an error that spreads by
the same rules as our unknown. A division by zero or an overflow is unknown here, where CEL goes on with
infinity or NaN (and this binding refuses to compare NaN): so where ours is unknown, CEL has to lack a
variable or some part has to be infinite or NaN there. Where ours is known, the two are equal to the last bit.

Only well-formed text within our own limits goes to the binding: it can crash the process on anything else.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import cel

from monitor.rules.expression import compiled

SEED = 20_261_121
ROUNDS = 12_000
METRICS = ("waiting", "alerting", "agents", "handled", "wait", "ratio")
NAMES = dict.fromkeys(METRICS, "")
FIGURES = (0.0, 1.0, 2.0, 3.0, 20.0, 0.5, 0.8, 0.1, 1e-300, 1e308)
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(slots=True)
class Writer:
    """Writes random well-formed text; remembers every part that gives a number, for the non-finite ones."""

    random: Random
    parts: list[str] = field(default_factory=list)

    def expression(self, depth: int) -> str:
        """A number, a truth or a choice."""
        return self.random.choice((self.number, self.truth, self.truth, self.choice))(depth)

    def number(self, depth: int) -> str:
        """Numbers joined by operators without parentheses, so that their strength decides."""
        operands = [self.atom(depth) for _ in range(self.random.choice((1, 1, 1, 2, 4)))]
        self.parts.append(self.joined(operands, "+-*/"))
        return self.parts[-1]

    def atom(self, depth: int) -> str:
        """A literal, a metric, a negated one, or anything in parentheses."""
        chance = self.random.random()
        if depth <= 0 or chance < 0.7:
            return self.random.choice(
                (repr(self.random.choice(FIGURES)), *METRICS, self.random.choice(METRICS))
            )
        if chance < 0.8:
            return f"-{self.atom(depth - 1)}"
        return f"({self.random.choice((self.number, self.choice))(depth - 1)})"

    def truth(self, depth: int) -> str:
        """Conditions joined by && and || without parentheses."""
        operands = [self.condition(depth) for _ in range(self.random.choice((1, 1, 2, 2, 4)))]
        return self.joined(operands, ("&&", "||"))

    def condition(self, depth: int) -> str:
        """A comparison of numbers or of truths, or a bare truth."""
        sign = self.random.choice(COMPARISONS)
        chance = self.random.random()
        if chance < 0.7:
            return f"{self.number(depth - 1)} {sign} {self.number(depth - 1)}"
        if chance < 0.8:
            return f"{self.bare(depth)} {self.random.choice(('==', '!='))} {self.bare(depth)}"
        return self.bare(depth)

    def bare(self, depth: int) -> str:
        """A literal truth, or a truth in parentheses, negated or not."""
        if depth <= 0:
            return self.random.choice(("true", "false"))
        return self.random.choice(("", "", "!", "!!")) + f"({self.truth(depth - 1)})"

    def choice(self, depth: int) -> str:
        """A choice of numbers; the last side may be a choice again."""
        no = self.choice if depth > 0 and self.random.random() < 0.3 else self.number
        return f"{self.truth(depth - 1)} ? {self.number(depth - 1)} : {no(depth - 1)}"

    def joined(self, operands: list[str], signs: str | tuple[str, ...]) -> str:
        """The operands with random signs and spaces between them."""
        text = operands[0]
        for operand in operands[1:]:
            gap = self.random.choice(("", " "))
            text += f"{gap}{self.random.choice(signs)}{gap}{operand}"
        return text


def values_of(random: Random) -> dict[str, float | None]:
    """Values for all metrics: common ones, awkward ones, unknown ones."""
    pool = (*FIGURES, -1.5, random.uniform(-100.0, 100.0), random.uniform(0.0, 1.0), None)
    return {name: random.choice(pool) for name in METRICS}


def theirs(text: str, values: dict[str, float | None]) -> float | bool | None:
    """What CEL says; None where it misses a variable, NaN where it would have to compare one."""
    present = {name: value for name, value in values.items() if value is not None}
    said: float | bool | None
    try:
        said = cel.evaluate(text, present)
    except RuntimeError as error:
        if "Undefined variable" not in str(error):
            raise
        said = None
    except TypeError:
        said = math.nan
    return said


def ours(text: str, values: dict[str, float | None]) -> float | bool | None:
    """What we say."""
    expression = compiled(text, NAMES)
    return expression.evaluate([values[name] for name in expression.metrics])


def disagreement(
    text: str, parts: list[str], values: dict[str, float | None], said: float | bool | None
) -> str:
    """What is wrong with `said`, in words; nothing if it is what CEL says, or its infinity is the reason."""
    expected = theirs(text, values)
    # By representation, so that True is not 1.0 and -0.0 not 0.0.
    if repr(said) == repr(expected):
        return ""
    if said is None and any(
        number is not None and not math.isfinite(number)
        for number in (theirs(part, values) for part in parts)
    ):
        return ""
    return f"{text} with {values}: CEL says {expected}, we say {said}"


def test_random_expressions_agree_with_cel() -> None:
    """Twelve thousand expressions give what CEL gives, and every operator and outcome is among them."""
    random = Random(SEED)
    seen: Counter[object] = Counter()
    found = []
    written = 0
    while written < ROUNDS:
        writer = Writer(random)
        text = writer.expression(random.choice((1, 2, 2, 3)))
        if len(text) > 300 or sum(text.count(sign) for sign in "+-*/<>=!&|?") > 60:
            continue
        written += 1
        values = values_of(random)
        said = ours(text, values)
        seen.update([type(said)], **{sign: sign in text for sign in (*"+-*/!?", "&&", "||", *COMPARISONS)})
        wrong = disagreement(text, writer.parts, values, said)
        found += [wrong] if wrong else []
    assert found == []
    assert min(seen.values()) > ROUNDS / 20, seen


def test_the_comparison_notices() -> None:
    """A wrong value, type or zero, an unknown without a reason and a made-up value are all named."""
    values: dict[str, float | None] = {"waiting": 2.0, "agents": 0.0, "wait": None}
    assert disagreement("waiting - 1.0", ["waiting - 1.0"], values, -1.0)
    assert disagreement("waiting - 1.0", ["waiting - 1.0"], values, True)
    assert disagreement("agents * 1.0", ["agents * 1.0"], values, -0.0)
    assert disagreement("waiting > 1.0", ["waiting"], values, None)
    assert disagreement("wait > 1.0", ["wait"], values, False)
    assert not disagreement("agents / agents > 1.0", ["agents / agents"], values, None)
    assert not disagreement("waiting / agents > 1.0", ["waiting / agents"], values, None)
    assert not disagreement("wait > 1.0", ["wait"], values, None)
