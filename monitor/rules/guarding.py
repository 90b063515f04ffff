"""Is a ratio really beyond a threshold, or are there just too few events to say? Pure.

In: the part and the whole of a ratio, a threshold and a confidence. Out: one-sided Wilson score bounds, and
whether the whole of what is plausible lies beyond the threshold. One of two answered in time is 50 %, yet
nothing a pager should ring for; 500 of 1,000 is.

With p the ratio, n the whole and z the normal quantile of the confidence, the bounds are

    (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n)

from E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927). One-sided:
0.95 says that the true ratio is beyond the bound in at most about one case of twenty.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist


def upper(numerator: float, denominator: float, confidence: float) -> float:
    """Return the largest ratio (0–1) that the counts still allow; 1.0 where there are none.

    Args:
        numerator: events that count, such as interactions answered in time; read as 0 to `denominator`.
        denominator: events there were.
        confidence: 0.5 up to but not 1; 0.5 is the ratio itself.

    Raises:
        ValueError: the confidence is none.
    """
    return _bound(numerator, denominator, _quantile(confidence)) if denominator > 0 else 1.0


def lower(numerator: float, denominator: float, confidence: float) -> float:
    """Return the smallest ratio (0–1) that the counts still allow; 0.0 where there are none.

    Arguments and errors are those of `upper`.
    """
    return _bound(numerator, denominator, -_quantile(confidence)) if denominator > 0 else 0.0


def really_below(part: float, whole: float, threshold: float, confidence: float) -> bool:
    """Return whether even the largest plausible ratio is below `threshold`; nothing of nothing never is."""
    return whole > 0 and upper(part, whole, confidence) < threshold


def really_above(part: float, whole: float, threshold: float, confidence: float) -> bool:
    """Return whether even the smallest plausible ratio is above `threshold`; nothing of nothing never is."""
    return whole > 0 and lower(part, whole, confidence) > threshold


@lru_cache(maxsize=64)
def _quantile(confidence: float) -> float:
    """Return how many standard deviations one side of `confidence` is."""
    if not 0.5 <= confidence < 1.0:
        raise ValueError(f"a confidence is at least 0.5 and less than 1, not {confidence}")
    return NormalDist().inv_cdf(confidence)


def _bound(numerator: float, denominator: float, z: float) -> float:
    """Return the bound above the ratio, or below it where `z` is negative."""
    ratio = min(max(numerator / denominator, 0.0), 1.0)
    spread = z * math.sqrt(ratio * (1 - ratio) / denominator + (z / (2 * denominator)) ** 2)
    bound = (ratio + z * z / (2 * denominator) + spread) / (1 + z * z / denominator)
    # Rounding may carry it past the ratio itself, or past what a ratio can be.
    return min(max(bound, ratio), 1.0) if z > 0 else max(min(bound, ratio), 0.0)
