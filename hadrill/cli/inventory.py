"""The verbs about an inventory: check, credentials."""

from pathlib import Path

import click

from hadrill.cli.options import inventory_option
from hadrill.inventory import InvalidInventoryError, Inventory, read
from hadrill.inventory.cluster import clusters_of
from hadrill.inventory.credentials import of_its_own, write_missing
from hadrill.inventory.problem import Problem
from hadrill.inventory.servers import read_servers
from hadrill.inventory.topology import read_topology
from hadrill.report.inventory_table import summary
from hadrill.report.screen import standard_output


@click.group()
def inventory() -> None:
    """Look at an inventory."""


@inventory.command()
@inventory_option
@click.option("--log-in", is_flag=True, help="Also log in on every host and become root there; changes nothing.")
def check(folder: Path, log_in: bool) -> None:
    """Validate an inventory and print its summary. Touches no host, unless told to log in."""
    checked = read(folder)
    click.echo(summary(checked, standard_output()))
    if log_in:
        _log_in(checked)


def _log_in(checked: Inventory) -> None:
    # What reads files needs no SSH.
    from hadrill.remote import Remote
    from hadrill.remote.access import refusals, sentences
    from hadrill.remote.from_here import outside_by

    with Remote(checked) as remote:
        refused = refusals(remote, checked.managed)
    if refused:
        raise click.ClickException("\n".join(sentences(refused)))
    jump = outside_by(checked)
    through = f", and services are reached through {jump}: drills need a runner inside" if jump else ""
    click.echo(f"\nall {len(checked.managed)} hosts let us in as root{through}")


@inventory.command()
@inventory_option
def credentials(folder: Path) -> None:
    """Write the credentials files that are missing, with new random values."""
    problems: list[Problem] = []
    hosts = read_servers(folder / "servers.tsv", problems).hosts
    topology = read_topology(folder, problems)
    if problems or topology is None:
        raise InvalidInventoryError(problems)
    place = folder / "credentials"
    clusters = [of_its_own(cluster, place) for cluster in clusters_of(hosts, topology, place)]
    added = write_missing(place, {role for host in hosts for role in host.roles}, clusters)
    click.echo("\n".join(f"wrote {name}" for name in added) or "nothing is missing")
