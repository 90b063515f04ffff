"""How awkward the guides' gateway is. Mutable on purpose: a test changes it while the server runs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Loop(StrEnum):
    """How the pages of a summary fail to end: not at all, one token again and again, or new ones for ever."""

    NONE = "none"
    SAME = "same"
    FRESH = "fresh"


class Paging(StrEnum):
    """How the results of a job tell that there is more: by page numbers, or by the address of the next."""

    NUMBERS = "numbers"
    ADDRESS = "address"


@dataclass(slots=True, kw_only=True)
class Moods:
    """Every knob, mildly awkward by default. Polls and fetches are counts; lengths of time are seconds.

    `hanging_*` and `failing_*` count submissions yet to come: each submission they hit uses one up.
    """

    # Realtime: requests allowed within a second (the guide's limit); metrics left out, or answered as null.
    stats_per_second: int = 10
    stats_absent: frozenset[str] = frozenset()
    stats_null: frozenset[str] = frozenset()

    # Summary: most rows of a page, whatever is asked; whether one queue's count is split over two pages.
    summary_page: int = 250
    summary_split: bool = True
    summary_loop: Loop = Loop.NONE

    # Details: rows of a page; the name of the link; whether ["user", "time"] is refused; whether ["time"]
    # adds all users up, in spite of the view by agent.
    details_page: int = 100
    details_link: str = "nextPage"
    details_time_only: bool = False
    details_totals: bool = False

    # Work item queries: how long they are in processing (both must have passed), and how they end.
    processing_polls: int = 1
    processing_seconds: float = 0.0
    hanging_queries: int = 0
    failing_queries: int = 0
    error_code: str = "FILTER_TOO_COMPLEX"

    # Chunks: rows of each; polls after done with an empty list, then with the last address missing; fetches
    # of a query's chunks answered 404 first; the age from which the token that submitted a query is refused
    # with 403 (None: never); another base URL for the addresses (None: the one asked).
    chunk_rows: int = 50
    chunks_late_polls: int = 1
    chunk_unnamed_polls: int = 0
    chunk_missing_fetches: int = 1
    chunk_token_seconds: float | None = None
    chunk_base: str | None = None

    # Strategy jobs: the key of the id, polls in each state, how they end, how results are paged.
    job_key: str = "jobId"
    queued_polls: int = 1
    running_polls: int = 1
    hanging_jobs: int = 0
    failing_jobs: int = 0
    failure_reason: str = "Evaluation ran out of memory."
    results_page: int = 100
    results_paging: Paging = Paging.NUMBERS

    @classmethod
    def smooth(cls) -> Self:
        """Nothing awkward: whole queues, and everything at the first poll."""
        return cls(
            summary_split=False,
            processing_polls=0,
            chunks_late_polls=0,
            chunk_missing_fetches=0,
            queued_polls=0,
            running_polls=0,
        )
