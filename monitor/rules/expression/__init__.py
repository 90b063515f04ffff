"""Rule expressions: a small language, after CEL, over one entity's metrics. Pure, like the rest of `rules`.

In: the user's text and the unit of every metric it may name. Out: an `Expression`, compiled once into
closures, or an `ExpressionError` with column, problem and hint. User text is never run as Python.

    waiting > 20 && agents_available == 0 || longest_wait_seconds > 90s
    max(waiting, alerting) / agents_on_queue > (service_level_ratio < 0.8 ? 1 : 2)

    strength  operators             operands → result
    1         a ? b : c             boolean, two of one kind → that kind; in the middle only in parentheses
    2         ||                    booleans → boolean
    3         &&                    booleans → boolean
    4         < <= > >= == !=       numbers → boolean; == and != booleans, too; never chained
    5         + -                   numbers → number
    6         * /                   numbers → number
    7         - !                   number → number, boolean → boolean

Values are metric names, numbers (always doubles: 1/2 is 0.5), lengths of time in seconds (90s, 1h30m), true,
false, min(a, b, …) and max(a, b, …). `units` says which numbers go together.

None is unknown. It makes a sum, a comparison, a min or max and a choice by it unknown; `false && unknown` is
false and `true || unknown` is true, from either side (Kleene). A division by zero, and a value or result that
is infinite or no number, are unknown as well, where CEL goes on with infinity.
"""

from monitor.rules.expression.compiling import Expression, compiled
from monitor.rules.expression.problems import ExpressionError

__all__ = ["Expression", "ExpressionError", "compiled"]
