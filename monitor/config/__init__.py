"""The user's file and environment, checked whole and turned into `Settings`.

    file ─reading─▶ data ─environment, aliases─▶ data ─schema─▶ parts ─orgs, rules, routes─▶ Settings

Files named by `rule_files` add their rules to the data, before the environment is laid over it.

In: a path and a mapping of environment variables. Out: `monitor.model.settings.Settings`, or one
`ConfigError` that lists every mistake. This is the only room that knows YAML and pydantic. Forbidden:
network, logging, the event loop, a secret's value in any message, and stopping at the first mistake.
"""

from monitor.config.admission import access, context, files
from monitor.config.describing import describe
from monitor.config.loading import load, rule_file
from monitor.config.telling import tree
from monitor.config.vocabulary import labels

__all__ = ["access", "context", "describe", "files", "labels", "load", "rule_file", "tree"]
