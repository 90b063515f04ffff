"""One line of a checkup."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is: a failure means that something enabled will not work."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, and what was found, in one line."""

    check: str
    verdict: Verdict
    line: str


def ok(check: str, line: str) -> Finding:
    """Return a finding that is fine."""
    return Finding(check=check, verdict=Verdict.OK, line=line)


def warning(check: str, line: str) -> Finding:
    """Return a finding worth a look."""
    return Finding(check=check, verdict=Verdict.WARNING, line=line)


def failure(check: str, line: str) -> Finding:
    """Return a finding that somebody has to mend."""
    return Finding(check=check, verdict=Verdict.FAILURE, line=line)
