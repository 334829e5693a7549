"""Options that several commands share."""

from pathlib import Path

import click

from hadrill.inventory.default import default_folder
from hadrill.services import registry


def _folder(_: click.Context, __: click.Parameter, folder: Path) -> Path:
    """Before an inventory is read: roles of a service that is left out are unknown to it."""
    for line in registry.left_out():
        click.echo(f"warning: {line}", err=True)
    return folder


cluster_option = click.option(
    "--cluster",
    "name",
    default="",
    metavar="NAME",
    help="The cluster of that name alone; all of the service otherwise.",
)

inventory_option = click.option(
    "--inventory",
    "folder",
    type=click.Path(path_type=Path),
    default=default_folder,
    callback=_folder,
    show_default="the only one below inventories/, or inventories/lab",
    help="Folder with servers.tsv, versions.yaml, settings.yaml and credentials/.",
)
