"""The command `hadrill`: thin; each verb says what went wrong in a sentence and ends with 1."""

import os
import sys
from pathlib import Path

import click

from hadrill.inventory import InvalidInventoryError, read
from hadrill.inventory.credentials import write_missing
from hadrill.inventory.problem import Problem
from hadrill.inventory.servers import read_servers
from hadrill.inventory.table import columns, summary
from lab.docker import LabError
from lab.lab import Lab
from lab.state import ensure_credentials

DEFAULT = Path("inventories/lab")
inventory_option = click.option(
    "--inventory",
    "folder",
    type=click.Path(path_type=Path),
    default=DEFAULT,
    show_default=True,
    help="Folder with servers.tsv, versions.yaml, settings.yaml and credentials/.",
)


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


@commands.group(name="lab")
def lab_group() -> None:
    """Machines on this computer for a lab's inventory."""


@lab_group.command()
@inventory_option
def up(folder: Path) -> None:
    """Build, create and switch on what is missing."""
    _lab(folder).up()


@lab_group.command()
@inventory_option
def status(folder: Path) -> None:
    """Show each machine's power and address."""
    lab = _lab(folder)
    power = lab.power()
    addresses = {f"{lab.name}-{h.name}": h.address for h in lab.inventory.hosts}
    addresses |= {f"{lab.name}-{b.name}": str(b.address) for b in lab.inventory.settings.load_balancers}
    rows = [(n.removeprefix(f"{lab.name}-"), addresses.get(n, "-"), power.get(n, "missing")) for n in lab.wanted()]
    click.echo("\n".join(columns(("MACHINE", "ADDRESS", "POWER"), rows)))


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
    stock = _lab(folder).inventory
    try:
        target = stock.host(host)
    except KeyError as error:
        raise LabError(str(error.args[0])) from None
    settings = stock.settings.ssh
    options = [
        f"-oUserKnownHostsFile={stock.path(settings.known_hosts)}",
        "-oStrictHostKeyChecking=yes",
        "-oLogLevel=ERROR",
    ]
    arguments = ["ssh", *options, "-i", str(stock.path(settings.key)), "-p", str(settings.port)]
    os.execvp("ssh", [*arguments, f"{settings.user}@{target.address}", *command])  # noqa: S606 - becomes ssh


def _lab(folder: Path) -> Lab:
    """The lab of an inventory; its secrets are generated where it has none yet."""
    from hadrill.inventory.document import read_document
    from hadrill.inventory.settings import Settings

    settings = read_document(folder / "settings.yaml", Settings, [])
    if settings is not None and settings.lab:
        ensure_credentials(folder, settings.name)
    return Lab(read(folder))


def main() -> None:
    """Entry point: errors are sentences on standard error, never a traceback."""
    try:
        commands.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (InvalidInventoryError, LabError) as error:
        click.echo(f"hadrill: {error}", err=True)
        sys.exit(1)
    except click.Abort:
        sys.exit(130)
