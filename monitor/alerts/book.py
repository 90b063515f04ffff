"""Every alert there is, found by its place; nothing is decided here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from monitor.alerts.flapping import History
from monitor.model.alert import Alert, AlertState


@dataclass(slots=True)
class Book:
    """Alerts by org and rule, then by entity key."""

    _alerts: dict[tuple[str, str], dict[str, Alert]] = field(default_factory=lambda: defaultdict(dict))

    def fill(self, alerts: Iterable[Alert]) -> None:
        """Write alerts in, in the place of what stood there."""
        for alert in alerts:
            self._alerts[alert.org, alert.rule][alert.entity.key] = alert

    def get(self, org: str, rule: str, key: str) -> Alert | None:
        """Return one alert."""
        return self._alerts.get((org, rule), {}).get(key)

    def everything(self) -> Iterator[Alert]:
        """Yield every alert."""
        for by_key in list(self._alerts.values()):
            yield from list(by_key.values())

    def active(self, org: str, rule: str) -> Mapping[str, Alert]:
        """Return the alerts of one rule that must be judged even if nothing breaches now."""
        return {key: alert for key, alert in self._alerts.get((org, rule), {}).items() if _active(alert)}

    def firing(self) -> Iterator[Alert]:
        """Yield what fires."""
        return (alert for alert in self.everything() if alert.state is AlertState.FIRING)


def _active(alert: Alert) -> bool:
    """Return whether an alert is in a state, is waiting in an unknown, or has changed lately."""
    if alert.state is not AlertState.INACTIVE or alert.told is not None or alert.unknown_for:
        return True
    bits, count, flapping = alert.history
    return flapping or (bits != 0 and History(bits, count, flapping).percent > 0)
