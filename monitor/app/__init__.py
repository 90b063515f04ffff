"""The wiring: every part is built here, started here, and stopped here in the reverse order.

`connecting` joins an org to its platform, `asking` makes the sources and their pollers, `building` plugs
all parts together, `running` starts and stops them. In: settings. Out: a daemon, or one org's platform for
a command. What may not happen here: deciding anything that a room below could decide.
"""

from monitor.app.running import run

__all__ = ["run"]
