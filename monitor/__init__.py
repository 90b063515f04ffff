"""queuewatch: watches Genesys Cloud contact centres and says so when a queue is breaching.

A platform is asked, answers become samples, samples are shown and judged, judgements become
alerts, alerts become envelopes, envelopes are delivered. ARCHITECTURE.md has the rooms.
"""

__version__ = "0.1.0"
