"""Burn rates: how many times too fast is a service-level budget being spent? Pure.

An objective of 80 % leaves a budget: 20 % of the interactions of a period (a day, say) may miss. A burn rate
of 1 spends exactly that by the end of the period. In: counts, or rates of a long and a short window. Out: a
rate, a factor to hold it against, a Kleene truth (True, False, None for unknown). The method is that of The
Site Reliability Workbook (Google, 2018), chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
"""

from __future__ import annotations

import math

_TOLERANCE = 1e-9
"""Relative; 1 ÷ (1 − 0.8) is 5.000000000000001 in floats, and no user means to tell that from 5."""


def factor(objective: float, budget_share: float, window: float, period: float) -> float:
    """Return the burn rate that spends `budget_share` of the budget of `period` within `window`.

    Args:
        objective: the service level promised, between 0 and 1.
        budget_share: the share of the period's budget that may be spent in one window, above 0 up to 1.
        window: the long window in seconds.
        period: the time the objective is about, in seconds.

    Raises:
        ValueError: an argument is out of bounds, or not even missing everything burns that fast.
    """
    fastest = 1 / _budget(objective)
    if not 0 < budget_share <= 1:
        raise ValueError(f"a budget share is above 0 and at most 1, not {budget_share}")
    if not (window > 0 and period > 0):
        raise ValueError(f"a window and a period last longer than 0 s, not {window} s and {period} s")
    needed = budget_share * period / window
    if _reaches(needed, fastest):
        raise ValueError(
            f"a burn rate of {needed:g} can never be exceeded: at an objective of {objective:g} nothing "
            f"burns faster than {fastest:g}; choose a smaller budget share or a longer window"
        )
    return needed


def rate(part: float | None, whole: float | None, objective: float) -> float | None:
    """Return the burn rate of one window: 1.0 spends the budget exactly, 0.0 none of it.

    A window in which nothing happened burns nothing. None where a count is unknown or no count at all.

    Args:
        part: interactions that met the service level (its numerator).
        whole: interactions it is taken of (its denominator).
        objective: the service level promised, between 0 and 1.

    Raises:
        ValueError: the objective leaves no budget, or promises nothing.
    """
    budget = _budget(objective)
    if whole is None or whole < 0:
        return None
    if whole == 0:
        return 0.0
    return None if part is None else max(0.0, (whole - part) / whole) / budget


def burns(long: float | None, short: float | None, factor: float) -> bool | None:
    """Return whether both windows burn at `factor` or faster; None where that hangs on an unknown one.

    The long window says that it matters, the short one that it has not stopped.
    """
    verdicts = [None if one is None else _reaches(one, factor) for one in (long, short)]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _budget(objective: float) -> float:
    """Return the share of interactions that may miss."""
    if not 0 < objective < 1:
        raise ValueError(f"an objective is between 0 and 1, not {objective}")
    return 1 - objective


def _reaches(value: float, level: float) -> bool:
    return value >= level or math.isclose(value, level, rel_tol=_TOLERANCE)
