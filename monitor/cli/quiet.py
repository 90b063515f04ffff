"""A telemetry for commands that end before anybody could scrape them."""

from __future__ import annotations


class Quiet:
    """Takes what the rooms report about themselves, and keeps none of it."""

    def request(self, org: str, endpoint: str, status: str) -> None:
        """Ignore a request."""

    def budget(self, org: str, used: float) -> None:
        """Ignore a share of the budget."""

    def poll(self, org: str, source: str, outcome: str, seconds: float) -> None:
        """Ignore a poll."""

    def missed(self, org: str, source: str, ticks: int) -> None:
        """Ignore ticks that passed."""

    def refused(self, org: str, source: str, field: str, reason: str, count: int) -> None:
        """Ignore values that could not be used."""

    def dropped(self, org: str, source: str, series: int) -> None:
        """Ignore series that were left out."""

    def job(self, org: str, job: str, state: str) -> None:
        """Ignore a state of a job."""

    def delivery(self, destination: str, outcome: str, reason: str, seconds: float) -> None:
        """Ignore a delivery attempt."""
