"""`python -m tests.benchmarks [ROW …]`: run the rows named, or all, and print one table."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import time

from monitor.kit import logs
from tests.benchmarks import breach, delivery, judging, refresh, scrape
from tests.benchmarks.table import HEAD

ROWS = {
    "scrape": scrape.measure,
    "refresh": refresh.measure,
    "breach": breach.measure,
    "judging": judging.measure,
    "delivery": delivery.measure,
}
BOUND = 60.0
"""Seconds for one row, of which it takes half at most: a hanging row fails instead of waiting."""


async def _run(names: list[str]) -> None:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; only the ratios are a claim.")
    print(HEAD)
    for name in names:
        async with asyncio.timeout(BOUND):
            rows = await ROWS[name]()
        for row in rows:
            print(row.shown())


def main(arguments: list[str]) -> int:
    """Run the rows named in `arguments`."""
    unknown = [name for name in arguments if name not in ROWS]
    if unknown:
        print(f"no such row: {', '.join(unknown)} (there are {', '.join(ROWS)})", file=sys.stderr)
        return 2
    logs.configure("critical", "json")
    started = time.perf_counter()
    asyncio.run(_run(arguments or list(ROWS)))
    print(breach.NOTE)
    print(f"{time.perf_counter() - started:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
