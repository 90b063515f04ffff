"""A webhook receiver, as small as a user's own would be: prints a line for each thing it is told.

In: CloudEvents of queuewatch and bodies of Alertmanager, by POST on port 9875 or the one given. Out: lines,
and 204; 400 where a body is neither. It believes whoever asks: a receiver on a real network checks the
signature (https://www.standardwebhooks.com). The standard library alone: it runs anywhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 9875
BODY_LIMIT = 1024 * 1024
"""Bytes of a body: an event has a few thousand."""
PATIENCE = 10
"""Seconds that a client may be silent."""


def lines(body: object) -> Iterator[str]:
    """Yield what a body says, a line each. Raises KeyError, TypeError or ValueError for neither form."""
    if not isinstance(body, dict):
        raise TypeError("should be an object")
    if "alerts" in body and "specversion" not in body:
        for alert in body["alerts"]:
            name, queue = alert["labels"]["alertname"], alert["labels"].get("queue", "")
            yield f"alertmanager  {alert['status']} {name} {queue}".rstrip()
        return
    data = body["data"]
    summary = data.get("annotations", {}).get("summary", "")
    yield f"queuewatch    {data['kind']} {body.get('subject', '')} {summary}".rstrip()


def shown(line: str) -> str:
    """Return a line as it may stand on a terminal: a name may hold anything, what is no text is escaped."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    timeout = PATIENCE

    def do_POST(self) -> None:
        """Print what came and say so."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            self.send_error(413 if length.isdecimal() else 411)
            return
        try:
            told = list(lines(json.loads(self.rfile.read(int(length)))))
        except (AttributeError, KeyError, TypeError, ValueError):
            self.send_error(400, "neither a CloudEvent nor an Alertmanager's body")
            return
        for line in told:
            sys.stdout.buffer.write(f"{shown(line)}\n".encode())
        sys.stdout.flush()
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of the request itself."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    with ThreadingHTTPServer(("0.0.0.0", port), Handler) as server:  # noqa: S104  (in a container's own network)
        server.serve_forever()
