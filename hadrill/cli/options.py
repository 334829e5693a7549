"""Options that several commands share."""

from pathlib import Path

import click

inventory_option = click.option(
    "--inventory",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("inventories/lab"),
    show_default=True,
    help="Folder with servers.tsv, versions.yaml, settings.yaml and credentials/.",
)
