"""The commands `hadrill lab ...`, which hadrill/cli finds by their entry point."""

import os
from pathlib import Path
from typing import Any

import click

from hadrill.cli.options import inventory_option
from hadrill.inventory import NotInInventoryError, read
from hadrill.inventory.profile import profiles
from hadrill.inventory.settings import read_settings
from hadrill.lab.docker import LabError
from hadrill.lab.lab import Lab
from hadrill.lab.state import ensure_credentials, ensure_profile
from hadrill.report.screen import standard_output


class LabCommands(click.Group):
    """What the lab cannot do ends as a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; LabError is for people."""
        try:
            return super().invoke(ctx)
        except LabError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=LabCommands)
def lab_group() -> None:
    """Machines on this computer for a lab's inventory."""


@lab_group.command()
@inventory_option
@click.option("--profile", type=click.Choice(profiles()), help="what there is to be; the last one that was said stays")
def up(folder: Path, profile: str | None) -> None:
    """Build, create and switch on what is missing; switch off what is not in the profile."""
    _lab(folder, profile).up()


@lab_group.command()
@inventory_option
def status(folder: Path) -> None:
    """Show each machine's power and address."""
    lab = _lab(folder)
    power = lab.power()
    addresses = {f"{lab.name}-{h.name}": h.address for h in lab.inventory.hosts}
    addresses |= {f"{lab.name}-{b.name}": str(b.address) for b in lab.inventory.settings.load_balancers}
    rows = [(n.removeprefix(f"{lab.name}-"), addresses.get(n, "-"), power.get(n, "missing")) for n in lab.specs()]
    click.echo("\n".join(standard_output().table(("MACHINE", "ADDRESS", "POWER"), rows)))


@lab_group.command()
@inventory_option
def down(folder: Path) -> None:
    """Cut the power of every machine; disks stay."""
    _lab(folder).down()


@lab_group.command()
@inventory_option
def destroy(folder: Path) -> None:
    """Remove machines and disks; built images and secrets stay."""
    _lab(folder).destroy()


@lab_group.command()
@inventory_option
@click.argument("host")
def power_off(folder: Path, host: str) -> None:
    """Cut the power of HOST."""
    _lab(folder).cut_power(host)


@lab_group.command()
@inventory_option
@click.argument("host")
def power_on(folder: Path, host: str) -> None:
    """Switch HOST on."""
    _lab(folder).restore_power(host)


@lab_group.command()
@inventory_option
@click.argument("host")
@click.argument("command", nargs=-1)
def ssh(folder: Path, host: str, command: tuple[str, ...]) -> None:
    """Log in to HOST, or run a command there."""
    inventory = _lab(folder).inventory
    try:
        target = inventory.host(host)
    except NotInInventoryError as error:
        raise LabError(str(error.args[0])) from None
    settings = inventory.settings.ssh
    options = [
        f"-oUserKnownHostsFile={inventory.path(settings.known_hosts)}",
        "-oStrictHostKeyChecking=yes",
        "-oLogLevel=ERROR",
    ]
    arguments = ["ssh", *options, "-i", str(inventory.path(settings.key)), "-p", str(settings.port)]
    os.execvp("ssh", [*arguments, f"{settings.user}@{target.address}", *command])  # noqa: S606 - becomes ssh


def _lab(folder: Path, profile: str | None = None) -> Lab:
    """The lab of an inventory; its secrets are generated where it has none yet, and its profile is kept."""
    settings = read_settings(folder / "settings.yaml", [])
    if settings is not None and settings.lab:
        ensure_credentials(folder, settings.name)
        ensure_profile(folder, settings.name, profile, settings.profile)
    return Lab(read(folder))
