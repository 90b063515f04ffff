"""The user's file and environment, checked whole and turned into `Settings`.

    file ─reading─▶ data ─environment, aliases─▶ data ─schema─▶ parts ─orgs, rules, receivers─▶ Settings

In: a path and a mapping of environment variables. Out: `monitor.model.settings.Settings`, or one
`ConfigError` that lists every mistake. This is the only room that knows YAML and pydantic. Forbidden:
network, logging, the event loop, a secret's value in any message, and stopping at the first mistake.
"""

from monitor.config.describing import describe
from monitor.config.loading import load

__all__ = ["describe", "load"]
