"""The command `queuewatch`: one module per subcommand.

In: arguments, environment, signals. Out: an exit code (0 done, 1 failed, 2 the input is wrong) and lines
for people. Forbidden: opening the daemon's database, and importing a room before its command is run:
`queuewatch --help` must not pay for HTTP and MQTT, nor must a shell that completes a word.
"""

from __future__ import annotations

import importlib
import os

import click
from click.shell_completion import CompletionItem

from monitor import __version__

COMMANDS = {
    "run": "Watch, judge and deliver until told to stop.",
    "check": "Read a configuration and say what it would do, or everything that is wrong with it.",
    "doctor": "Ask every organisation everything once, and say what would not work.",
    "health": "Say whether the daemon lives, for whoever restarts it.",
    "status": "How everything is, in one live picture: queues, alerts, sources, deliveries.",
    "queues": "How the queues are, the worst first; one of them in full.",
    "alerts": "What fires or is about to; one of them with why and what was told.",
    "ack": "Say that you have an alert.",
    "silence": "Keep alerts quiet for a while, see what is quiet, end it.",
    "history": "See what was told to whom, and what came of it.",
    "outbox": "See what waits or is dead, try it again, or throw it away.",
    "notify": "Try a receiver out.",
    "rules": "Test rules, look for faults in them, and say why an alert is as it is.",
    "routes": "Say whom an alert would be told to, and why.",
    "calendar": "Say whether a calendar is open, and why.",
    "report": "Service levels or agents' utilization over any stretch of time.",
    "evaluate": "Compare routing strategies now.",
    "demo": "Show it all: a simulated contact centre, the daemon, and receivers of its events.",
    "simulate": "Serve a simulated contact centre that answers like Genesys Cloud.",
    "completion": "Print what lets your shell complete these words.",
}

CODES = """\b
Exit codes:
  0    done, and what was found is good
  1    it failed, was refused, or what was found is bad
  2    the input is wrong: a word, an option, a configuration
  3    `notify test`: no destination refused, but not all have answered
  130  interrupted"""


class _Lazy(click.Group):
    """Imports a command's module only when it is used; `--help` reads the table above."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the names, in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Return the command `name`."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"monitor.cli.{name}").command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin so, without importing any command."""
        fitting = ((name, line) for name, line in COMMANDS.items() if name.startswith(incomplete))
        options = click.Command.shell_complete(self, context, incomplete)
        return [*(CompletionItem(name, help=line) for name, line in fitting), *options]


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]}, epilog=CODES)
@click.version_option(__version__, prog_name="queuewatch")
@click.pass_context
def main(context: click.Context) -> None:
    """Watch Genesys Cloud queues: metrics for Prometheus, breaches to MQTT and webhooks.

    Try it without any account: queuewatch demo
    """
    if os.environ.get("NO_COLOR"):  # https://no-color.org, which click does not know
        context.color = False
