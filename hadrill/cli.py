"""The command `hadrill`: thin; each verb says what went wrong in a sentence and ends with 1."""

import sys
from importlib.metadata import entry_points
from pathlib import Path

import click

from hadrill.chaos.commands import nightly, shrink
from hadrill.drill.commands import budget, compare, diagnose, heal, history
from hadrill.inventory import InvalidInventoryError, read
from hadrill.inventory.credentials import write_missing
from hadrill.inventory.problem import Problem
from hadrill.inventory.servers import read_servers
from hadrill.inventory.table import summary
from hadrill.options import inventory_option


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Install, prove and break highly available stacks."""


@commands.group()
def inventory() -> None:
    """Look at an inventory."""


@inventory.command()
@inventory_option
def check(folder: Path) -> None:
    """Validate an inventory and print its summary. Touches no host."""
    click.echo(summary(read(folder)))


@inventory.command()
@inventory_option
def credentials(folder: Path) -> None:
    """Write the credentials files that are missing, with new random values."""
    problems: list[Problem] = []
    roles = {host.role for host in read_servers(folder / "servers.tsv", problems)}
    if problems:
        raise InvalidInventoryError(problems)
    added = write_missing(folder / "credentials", roles)
    click.echo("\n".join(f"wrote {each}" for each in added) or "nothing is missing")


for command in (heal, budget, history, compare, diagnose, shrink, nightly):
    commands.add_command(command)


def main() -> None:
    """Entry point: errors are sentences on standard error, never a traceback."""
    # The lab's commands come from outside: nothing here knows the lab.
    for entry in entry_points(group="hadrill.commands"):
        commands.add_command(entry.load(), entry.name)
    try:
        commands.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except InvalidInventoryError as error:
        click.echo(f"hadrill: {error}", err=True)
        sys.exit(1)
    except click.Abort:
        sys.exit(130)
