"""The verbs about an inventory: check, credentials."""

from pathlib import Path

import click

from hadrill.cli.options import inventory_option
from hadrill.inventory import InvalidInventoryError, read
from hadrill.inventory.credentials import write_missing
from hadrill.inventory.problem import Problem
from hadrill.inventory.servers import read_servers
from hadrill.report.inventory_table import summary
from hadrill.report.screen import standard_output


@click.group()
def inventory() -> None:
    """Look at an inventory."""


@inventory.command()
@inventory_option
def check(folder: Path) -> None:
    """Validate an inventory and print its summary. Touches no host."""
    click.echo(summary(read(folder), standard_output()))


@inventory.command()
@inventory_option
def credentials(folder: Path) -> None:
    """Write the credentials files that are missing, with new random values."""
    problems: list[Problem] = []
    roles = {host.role for host in read_servers(folder / "servers.tsv", problems)}
    if problems:
        raise InvalidInventoryError(problems)
    added = write_missing(folder / "credentials", roles)
    click.echo("\n".join(f"wrote {name}" for name in added) or "nothing is missing")
