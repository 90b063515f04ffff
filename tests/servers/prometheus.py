"""A private Prometheus that scrapes one target every second, and promtool.

Its methods block. In a test whose own loop serves the target, call them through `asyncio.to_thread`.
"""

import json
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
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

_PACKAGE = "prometheus"
_CONFIGURATION = """\
global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
rule_files: {rules}
scrape_configs:
  - job_name: {job}
    metrics_path: {path}
    static_configs:
      - targets: [{target}]
"""


class Prometheus(Server):
    """The server. `url` is its address, `query` asks it."""

    ending = signal.SIGTERM

    def __init__(
        self,
        folder: Path,
        target: str,
        *,
        job: str = "queuewatch",
        path: str = "/metrics",
        rules: Sequence[Path] = (),
        configuration: Mapping[str, Any] | None = None,
    ) -> None:
        """`target` is `host:port`; `rules` are rule files to load.

        A `configuration` stands in the place of all of these.
        """
        program = require_program("prometheus", package=_PACKAGE)
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.job = job
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "prometheus.yml"
        # JSON is YAML: quoting is right for any name.
        file.write_text(
            _CONFIGURATION.format(
                rules=json.dumps([str(rule) for rule in rules]),
                job=json.dumps(job),
                path=json.dumps(path),
                target=json.dumps(target),
            )
            if configuration is None
            else json.dumps(configuration)
        )
        command = [
            program,
            f"--config.file={file}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={HOST}:{self.port}",
            "--log.level=warn",
        ]
        self._program = Program("prometheus", command, log=folder / "prometheus.log")

    def _ready(self) -> bool:
        return answers_ready(self.url)

    def query(self, promql: str, *, at: float | None = None) -> list[dict[str, Any]]:
        """The result of an instant query, now or `at` a time: `metric` (labels) and `value` (time, text).

        Raises ValueError for an expression that cannot be evaluated.
        """
        when = {} if at is None else {"time": f"{at:.3f}"}
        result: list[dict[str, Any]] = self._get("/api/v1/query", query=promql, **when)["data"]["result"]
        return result

    def query_range(self, promql: str, *, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """The result of a range query: each item has `metric` (labels) and `values` (pairs of time, text)."""
        span = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        answer = self._get("/api/v1/query_range", query=promql, **span)
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def alerts(self) -> list[dict[str, Any]]:
        """What its rules hold for pending or firing: `labels`, `annotations`, `state`, `value`, and more."""
        found: list[dict[str, Any]] = self._get("/api/v1/alerts")["data"]["alerts"]
        return found

    def rules(self) -> list[dict[str, Any]]:
        """Every rule it has loaded: `name`, `type`, `query`, `health`, `lastEvaluation`, `file`, and more."""
        groups = self._get("/api/v1/rules")["data"]["groups"]
        return [{**rule, "file": group["file"]} for group in groups for rule in group["rules"]]

    def value(self, promql: str) -> float | None:
        """The one number a query yields; None without a result."""
        result = self.query(promql)
        if len(result) > 1:
            raise ValueError(f"{promql} yields {len(result)} series")
        return float(result[0]["value"][1]) if result else None

    def wait_for(self, promql: str, *, within: float = 20.0) -> list[dict[str, Any]]:
        """Wait until a query yields something, and return that."""
        wait_until(lambda: bool(self.query(promql)), within=within, what=promql, every=0.1)
        return self.query(promql)

    def wait_until_up(self, *, within: float = 20.0) -> None:
        """Wait for the first scrape that worked."""
        self.wait_for(f'up{{job="{self.job}"}} == 1', within=within)

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        url = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                body: dict[str, Any] = json.load(answer)
                return body
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise ValueError(refusal.read().decode(errors="replace")) from None


def promtool(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run promtool; `text` is its standard input, its complaints are in `stderr`."""
    program = require_program("promtool", package=_PACKAGE)
    return subprocess.run(
        [program, *arguments], input=text, capture_output=True, text=True, check=False, timeout=60
    )


def check_metrics(exposition: str) -> str:
    """What `promtool check metrics` says of a metrics page; empty when all is well."""
    done = promtool("check", "metrics", text=exposition)
    return "" if done.returncode == 0 else done.stderr + done.stdout
