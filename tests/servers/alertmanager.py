"""A private Alertmanager: one route that waits for nobody, one webhook receiver, no cluster.

Its methods block. In a test whose own loop serves the receiver, call them through `asyncio.to_thread`.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.servers.programs import (
    HOST,
    Program,
    Server,
    answers_ready,
    free_port,
    require_program,
    wait_until,
)

_PACKAGE = "prometheus-alertmanager"
_CONFIGURATION = """\
route:
  receiver: hook
  group_by: ["..."]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: hook
    webhook_configs:
      - url: {receiver}
        send_resolved: true
"""


class Alertmanager(Server):
    """The server. `url` is its address, `alerts` says what it knows."""

    def __init__(
        self, folder: Path, receiver: str = "", *, configuration: Mapping[str, Any] | None = None
    ) -> None:
        """`receiver` is the URL that is told of each alert by itself, when it fires and when it is over.

        A `configuration` stands in its place.
        """
        program = require_program("prometheus-alertmanager", package=_PACKAGE)
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "alertmanager.yml"
        # JSON is YAML: quoting is right for any URL.
        told = _CONFIGURATION.format(receiver=json.dumps(receiver))
        file.write_text(told if configuration is None else json.dumps(configuration))
        command = [
            program,
            f"--config.file={file}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={HOST}:{self.port}",
            "--cluster.listen-address=",
            "--log.level=debug",
        ]
        self._program = Program("alertmanager", command, log=folder / "alertmanager.log")

    def _ready(self) -> bool:
        return answers_ready(self.url)

    def alerts(self) -> list[dict[str, Any]]:
        """What it holds for firing: each item has `labels`, `annotations`, `startsAt`, `endsAt`, …."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found

    def wait_for(self, count: int, *, within: float = 10.0) -> list[dict[str, Any]]:
        """Wait until so many alerts fire, and return them."""
        what = f"{count} alerts fire"
        wait_until(lambda: len(self.alerts()) == count, within=within, what=what, every=0.05)
        return self.alerts()
