"""Which numbers go together, and what comes of it. A unit is a word of the metric catalogue.

    operation                                   left            right           result
    + - < <= > >= == != min max, sides of ?:    unit            the same unit   unit
                                                bare            unit            unit
                                                unit            another unit    refused
    *                                           bare or ratio   unit            unit
                                                unit            unit            none
    /                                           unit            bare            unit
                                                unit            the same unit   ratio
                                                anything else                   none

Bare is a number written without a unit, and what is calculated from such numbers alone: it goes with
everything, and two of them stay bare. Except with `/` the order does not matter. A comparison has no unit.
`none` is a unit, too: it goes with itself and with bare, but divided by itself it stays none, because it may
stand for two different things.
"""

from __future__ import annotations

BARE = None
RATIO = "ratio"
NONE = ""

Unit = str | None
"""A unit's word; None is bare."""


def together(left: Unit, right: Unit) -> Unit:
    """Return the unit of two numbers side by side. Raises ValueError where they differ."""
    if left is BARE or left == right:
        return right
    if right is BARE:
        return left
    raise ValueError("different units")


def product(left: Unit, right: Unit) -> Unit:
    """Return the unit of left × right."""
    for one, other in ((left, right), (right, left)):
        if one is BARE:
            return other
    if left == RATIO:
        return right
    return left if right == RATIO else NONE


def quotient(left: Unit, right: Unit) -> Unit:
    """Return the unit of left ÷ right."""
    if right is BARE:
        return left
    return RATIO if left == right != NONE else NONE


def said(unit: Unit) -> str:
    """Return the unit's word for a message."""
    return unit or "a number without unit"
