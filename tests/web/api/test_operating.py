"""What is asked for through the API really happens: over a manager and a store in memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from monitor.web.api.acks import Acks
from monitor.web.api.alerts import Alerts
from monitor.web.api.silences import Silences
from tests.alerts.bench import Bench
from tests.builders import a_rule
from tests.web.api.desk import KIM, asked

pytestmark = pytest.mark.looptime


class Daemon:
    """A bench with the API before it."""

    def __init__(self) -> None:
        self.bench = Bench([a_rule()])

    async def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Return what is answered to kim."""
        manager, clock = self.bench.manager, self.bench.clock

        def rules() -> Any:
            return manager.rules

        addresses = [
            *Alerts(alerts=manager.alerts, rules=rules, journal=self.bench.store, clock=clock).addresses(),
            *Acks(
                alerts=manager.alerts, rules=rules, acknowledge=manager.acknowledge, clock=clock
            ).addresses(),
            *Silences(
                silences=lambda: manager.silences,
                silence=manager.silence,
                alerts=manager.alerts,
                rules=rules,
                clock=clock,
            ).addresses(),
        ]
        answer = await asked(addresses, KIM, method, f"/api/v1/{path}", json=body)
        assert answer.is_success, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def kinds(self) -> list[str]:
        """Return what a receiver heard."""
        return [one["kind"] for one in self.bench.heard()]


async def test_taking_an_alert_is_told_and_in_its_timeline() -> None:
    """The receiver hears who has it; so do those who open the alert, and the list of who has what."""
    daemon = Daemon()
    await daemon.bench.poll(12.0)
    (alert,) = (await daemon.ask("GET", "alerts"))["alerts"]
    await daemon.ask("POST", f"alerts/{alert['id']}/ack", {"note": "on it", "duration": "10m"})
    assert daemon.kinds() == ["fired", "acknowledged"]
    opened = await daemon.ask("GET", f"alerts/{alert['id']}")
    assert [one["kind"] for one in opened["timeline"]] == ["acknowledged", "fired"]
    assert (opened["timeline"][0]["owner"], opened["timeline"][0]["note"]) == ("kim", "on it")
    assert [one["alert"] for one in (await daemon.ask("GET", "acks"))["acks"]] == [alert["id"]]
    await asyncio.sleep(600)
    await daemon.bench.manager.tick()
    assert (await daemon.ask("GET", "acks"))["acks"] == []


async def test_a_silence_keeps_back_until_it_is_ended() -> None:
    """Nothing is told while it holds, and the fire once it is ended."""
    daemon = Daemon()
    body = {"matchers": {"org": "acme"}, "duration": "1h", "comment": "moving house"}
    silence = (await daemon.ask("POST", "silences", body))["silence"]
    await daemon.bench.poll(12.0)
    (alert,) = (await daemon.ask("GET", "alerts"))["alerts"]
    assert (daemon.kinds(), alert["muted"]) == ([], f"silenced:{silence['id']}")
    await daemon.ask("DELETE", f"silences/{silence['id']}")
    await daemon.bench.manager.tick()
    assert daemon.kinds() == ["fired"]
