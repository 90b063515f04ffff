"""Inhibitions: while the cause is told, its consequences need no word of their own."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.model.rule import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """While an alert that fits `source` fires, alerts that fit `target` are muted.

    Only those that share the value of every label in `equal`; a label that both lack is shared. Without a
    matcher, `source` is nothing and so is `target`: everything has to be said (`rule: "*"`).
    """

    name: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()
