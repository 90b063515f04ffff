"""HTTP inside our own event loop: a bound socket and an ASGI app in, answers out; no signal handlers.

    listening ─▶ handshake (only with TLS) ─▶ connection ─▶ the app
                        └────────── room ──────────┘

uvicorn parses and frames; what it lacks is here (FAULTS.md F47): deadlines for heads, bodies and readers, one
cap over all connections, and TLS that is exchanged while it runs. What may not happen: a stranger who keeps a
connection, a file descriptor or our memory for as long as he likes.
"""

from monitor.kit.serving.connection import CERTIFICATE
from monitor.kit.serving.identity import Tls, tls
from monitor.kit.serving.limits import Limits
from monitor.kit.serving.listening import Server, bind, serving

__all__ = ["CERTIFICATE", "Limits", "Server", "Tls", "bind", "serving", "tls"]
