"""The verb `hadrill diagnose`."""

from pathlib import Path

import click

from hadrill.inventory import Role, read
from hadrill.options import inventory_option
from hadrill.remote import Remote
from hadrill.report.secrets import Scrubber
from hadrill.services.clusters import CLUSTERS, cluster_of


@click.command()
@inventory_option
@click.argument("service", type=click.Choice(sorted(CLUSTERS)))
@click.option(
    "--facts", type=click.Path(path_type=Path, dir_okay=False), help="Also keep what the hosts said, as JSON."
)
def diagnose(folder: Path, service: str, facts: Path | None) -> None:
    """Say what would stop a failover of SERVICE right now. Breaks nothing; ends with 1 where there is a cause."""
    inventory = read(folder)
    if Role(service) not in inventory.roles:
        raise click.ClickException(f"{folder} has no host for {service}")
    with Remote(inventory) as remote:
        found = cluster_of(inventory, remote, service).diagnose()
    if found is None:
        raise click.ClickException(f"no rules are known for {service}: ask for the services behind it")
    if facts is not None:
        facts.write_text(Scrubber(inventory.credentials.values())(found.facts.as_json()), "utf-8")
    for line in found.silent:
        click.echo(f"not asked, so not judged: {line}", err=True)
    click.echo(str(found))
    if found.causes or found.silent:
        raise SystemExit(1)
