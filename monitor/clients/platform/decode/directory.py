"""Reads pages of `GET /routing/queues`: bytes in, queues with their divisions and targets out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from monitor.kit.text import clean
from monitor.model.errors import Unintelligible
from monitor.model.org import Queue, Target

_MEDIA = {"call": "voice"}
"""A queue's settings say `call` where analytics says `voice` (GENESYS.md §7)."""


class _Division(msgspec.Struct):
    id: str = ""
    name: str | None = None


class _ServiceLevel(msgspec.Struct):
    percentage: float | None = None
    duration: float | None = msgspec.field(default=None, name="durationMs")


class _Media(msgspec.Struct):
    service_level: _ServiceLevel | None = msgspec.field(default=None, name="serviceLevel")


class _Queue(msgspec.Struct):
    id: str
    name: str | None = None
    division: _Division | None = None
    media: dict[str, _Media | None] | None = msgspec.field(default=None, name="mediaSettings")


class _Page(msgspec.Struct):
    entities: list[_Queue]
    page_count: float | None = msgspec.field(default=None, name="pageCount")
    total: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPage:
    """One page of queues, the number of pages, and the number of queues on all of them."""

    queues: tuple[Queue, ...]
    page_count: int
    total: int


def directory_page(body: bytes) -> DirectoryPage:
    """Read one page of `GET /routing/queues`. Raises Unintelligible."""
    try:
        page = _page(body)
    except (ValueError, RecursionError) as error:
        raise Unintelligible(f"the queue directory cannot be read: {error}") from error
    return DirectoryPage(
        queues=tuple(_queue(entity) for entity in page.entities if entity.id),
        page_count=_whole(page.page_count or 1.0),
        total=_whole(page.total or 0.0),
    )


def _whole(value: float) -> int:
    if not math.isfinite(value):
        raise Unintelligible("the queue directory does not say how long it is")
    return int(value)


def _page(body: bytes) -> _Page:
    """Decode a page; again through the standard library where a name holds half a surrogate pair."""
    try:
        return msgspec.json.decode(body, type=_Page)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(body), _Page)


def _queue(entity: _Queue) -> Queue:
    division = entity.division or _Division()
    return Queue(
        id=clean(entity.id),
        name=clean(entity.name or "") or clean(entity.id),
        division_id=clean(division.id),
        division=clean(division.name or ""),
        targets=tuple(_targets(entity.media or {})),
    )


def _targets(settings: dict[str, _Media | None]) -> Iterable[Target]:
    for media, setting in settings.items():
        level = setting.service_level if setting is not None else None
        if level is None:
            continue
        ratio = level.percentage if level.percentage is not None and 0 <= level.percentage <= 1 else None
        finite = level.duration is not None and 0 <= level.duration < math.inf
        seconds = level.duration / 1000 if level.duration is not None and finite else None
        yield Target(media=_MEDIA.get(media, clean(media)), ratio=ratio, seconds=seconds)
