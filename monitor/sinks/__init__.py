"""Destinations: each takes one envelope to one place and says what came of it.

In: an envelope, its bytes fixed. Out: Delivered, Retry, Rejected or Gone, within ten seconds; what a peer,
the network or a misconfiguration does wrong is returned, never raised. Forbidden here: waiting to try again
(the relay does), changing a body, and showing a URL, header or password in any text.

The MQTT sink's connection, kept by its `run`:

    apart ──connect──▶ greeting: online, every state ──▶ ready ──connection lost──▶ apart (0.5…15 s)
      ▲                        │ failed                    └─taken over by our own id──▶ apart (a minute)
      └────────────────────────┘
"""
