"""Options that several commands share."""

from pathlib import Path

import click

from hadrill.inventory.default import default_folder

inventory_option = click.option(
    "--inventory",
    "folder",
    type=click.Path(path_type=Path),
    default=default_folder,
    show_default="the only one below inventories/, or inventories/lab",
    help="Folder with servers.tsv, versions.yaml, settings.yaml and credentials/.",
)
