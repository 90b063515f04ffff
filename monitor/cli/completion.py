"""`queuewatch completion`: what lets a shell complete our words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

PROGRAM = "queuewatch"
VARIABLE = "_QUEUEWATCH_COMPLETE"
"""What the shell's function sets when it asks us: click's name for a program called so."""

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and choices; evaluate it when it starts.

    bash: eval "$(queuewatch completion bash)" in ~/.bashrc; zsh the same in ~/.zshrc; fish:
    queuewatch completion fish > ~/.config/fish/completions/queuewatch.fish

    Example: queuewatch completion bash
    """
    known = get_completion_class(shell)
    if known is None:
        raise click.ClickException(f"nothing is known about {shell}")
    click.echo(known(context.find_root().command, {}, PROGRAM, VARIABLE).source())
