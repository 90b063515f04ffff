"""`queuewatch demo`: a whole contact centre, the daemon, and receivers of its events, on one machine.

In: ports and a length of time. Out: a line per event as it arrives, a summary, and whether at least one
breach was delivered and resolved everywhere. Simulator, daemon and broker are child processes, so what
is shown is what runs in earnest. Forbidden: reaching into the daemon; the demo knows only its addresses.
"""
