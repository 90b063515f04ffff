"""Pure: what Home Assistant is shown: a binary sensor per rule and entity, two sensors per queue.

In: what is known now. Out: topic → payload, all of them to be retained: a configuration for every entity
below Home Assistant's prefix, and its state below ours. What is not known is `None`, which Home Assistant
takes for unknown: never off and never 0. https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.sinks import topics

UNKNOWN = b"None"
"""What Home Assistant's MQTT sensors and binary sensors take for an unknown state."""

_MEASUREMENT = {"state_class": "measurement"}
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
"""All that a node id and an object id may not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """Whether a rule's alert on one entity fires; None where that is not known."""

    org: str
    rule: str
    entity_key: str
    queue: str
    media: str
    on: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """How many wait in a queue, and its service level (0–1); None where that is not known."""

    org: str
    queue_id: str
    queue: str
    media: str
    waiting: float | None
    service_level: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Builds the messages. `discovery` is Home Assistant's prefix, `prefix` ours; `version` is of us."""

    discovery: str
    prefix: str
    instance: str
    version: str

    def messages(self, sensors: Iterable[Sensor], gauges: Iterable[Gauge]) -> dict[str, bytes]:
        """Return everything that is to be shown."""
        found: dict[str, bytes] = {}
        for sensor in sensors:
            found.update(self._problem(sensor))
        for gauge in gauges:
            found.update(self._waiting(gauge))
            found.update(self._service_level(gauge))
        return found

    def _problem(self, sensor: Sensor) -> dict[str, bytes]:
        title = (sensor.rule, sensor.queue or sensor.entity_key, _media(sensor.media))
        state = {True: b"ON", False: b"OFF", None: UNKNOWN}[sensor.on]
        what = ("rule", sensor.org, sensor.rule, sensor.entity_key)
        return self._entity(what, title, state, {"device_class": "problem"}, component="binary_sensor")

    def _waiting(self, gauge: Gauge) -> dict[str, bytes]:
        title = (gauge.queue, _media(gauge.media), "waiting")
        shape = {**_MEASUREMENT, "suggested_display_precision": 0, "icon": "mdi:account-clock"}
        what = ("waiting", gauge.org, gauge.queue_id, gauge.media)
        return self._entity(what, title, _number(gauge.waiting), shape)

    def _service_level(self, gauge: Gauge) -> dict[str, bytes]:
        title = (gauge.queue, _media(gauge.media), "service level")
        percent = None if gauge.service_level is None else gauge.service_level * 100
        shape = {
            **_MEASUREMENT,
            "suggested_display_precision": 1,
            "unit_of_measurement": "%",
            "icon": "mdi:speedometer",
        }
        what = ("service_level", gauge.org, gauge.queue_id, gauge.media)
        return self._entity(what, title, _number(percent), shape)

    def _entity(
        self,
        what: tuple[str, ...],
        title: tuple[str, ...],
        state: bytes,
        shape: Mapping[str, object],
        *,
        component: str = "sensor",
    ) -> dict[str, bytes]:
        """Return the configuration of one entity, and its state; `what` identifies it: kind, org, ids."""
        kind, org, *_ = what
        node, name = node_id(self.instance), " ".join(filter(None, title))
        # Without the name: one that changes would take with it what people have set up for the entity.
        object_id = f"{kind}_{_digest(*what)}"
        shown = f"{self.prefix}/{topics.level(org)}/ha/{node}/{object_id}"
        config = {
            "name": name,
            "unique_id": f"{node}_{object_id}",
            "default_entity_id": f"{component}.{_slug(f'{org} {name}').lower().replace('-', '_')}",
            "state_topic": shown,
            "availability_topic": topics.availability(self.prefix, self.instance),
            "qos": 1,
            "device": {
                "identifiers": [f"{node}_{_digest(org)}"],
                "name": f"queuewatch {org}",
                "manufacturer": "queuewatch",
                "model": "Contact-centre queues",
                "sw_version": self.version,
            },
            "origin": {"name": "queuewatch", "sw_version": self.version},
            **shape,
        }
        body = json.dumps(config, sort_keys=True).encode()
        return {f"{self.discovery}/{component}/{node}/{object_id}/config": body, shown: state}


def pattern(discovery: str, instance: str) -> str:
    """Return what every configuration topic of this instance fits."""
    return f"{discovery}/+/{node_id(instance)}/+/config"


def shown_on(config: bytes, prefix: str) -> str:
    """Return the state topic that a configuration names; nothing where that is not one of ours."""
    try:
        found: object = json.loads(config)
    except (ValueError, RecursionError):
        return ""
    topic = found.get("state_topic") if isinstance(found, dict) else None
    if not isinstance(topic, str) or not topic.isascii() or not topic.isprintable():
        return ""
    levels = topic.removeprefix(f"{prefix}/").split("/")
    ours = topic.startswith(f"{prefix}/") and len(levels) == 4 and levels[1] == "ha"
    return topic if ours and not set(topic) & {"+", "#"} else ""


def node_id(instance: str) -> str:
    """Return this daemon's name in Home Assistant's topics: safe, and different for every instance."""
    slug = _slug(instance)
    return f"queuewatch_{slug}" if slug == instance else f"queuewatch_{slug}_{_digest(instance)}"


def _slug(text: str) -> str:
    return _UNSAFE.sub("_", text)[:60].strip("_") or "x"


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _media(media: str) -> str:
    """Return the media type for a name: `all` goes without saying."""
    return "" if media == "all" else media


def _number(value: float | None) -> bytes:
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return str(round(value, 2)).removesuffix(".0").encode()
