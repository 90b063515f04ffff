"""The heartbeat: who gets it, and that whoever only waits for it does get it."""

from __future__ import annotations

from monitor.config.addressing import Receivers
from monitor.config.branches import HeartbeatPart
from monitor.config.report import Report
from monitor.model.settings import (
    AlertmanagerSettings,
    DestinationSettings,
    HeartbeatSettings,
    LogSinkSettings,
    MqttSettings,
    PingSettings,
    WebhookSettings,
)

_MACHINES = (MqttSettings, AlertmanagerSettings, PingSettings, LogSinkSettings)
_FORMS = ("cloudevents", "alertmanager-v4")


def heartbeat(part: HeartbeatPart | None, receivers: Receivers, report: Report) -> HeartbeatSettings | None:
    """Return to whom the heartbeat goes; None where there is none."""
    whole = not report.touches("heartbeat")
    found: tuple[str, ...] = ()
    if part is not None:
        trail = ("heartbeat", "receivers")
        unfit = "is for people, who would be told every minute"
        found = receivers.find(trail, part.receivers, _able, unfit, report)
        if not part.receivers and whole:
            report.add(trail, "names nobody", "one receiver, or a list")
    whole = whole and not report.touches("heartbeat")
    for receiver, ways in receivers.built.items():
        for way in ways:
            if whole and isinstance(way, PingSettings) and way.name not in found:
                hint = f"write heartbeat: {{receivers: [{receiver}]}}"
                if part is not None:
                    hint = f"add {way.name} to heartbeat.receivers"
                report.add(
                    ("receivers", receiver, "ping"), "is never asked for: no heartbeat goes there", hint
                )
    return None if part is None else HeartbeatSettings(destinations=found, interval=part.interval)


def _able(way: DestinationSettings) -> bool:
    """Return whether a machine is behind it: nobody reads the same word every minute."""
    return way.form in _FORMS if isinstance(way, WebhookSettings) else isinstance(way, _MACHINES)
