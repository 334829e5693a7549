"""The verb that describes a stack which somebody else set up: adopt."""

import sys
from pathlib import Path

import click

from hadrill.adopt.finding import Finding, NothingFoundError, find
from hadrill.adopt.grouping import unknown_peers
from hadrill.adopt.sources import SourceError, from_file, plain
from hadrill.adopt.table import lines
from hadrill.inventory import Host
from hadrill.inventory.settings import Ssh
from hadrill.report.screen import standard_output


@click.command()
@click.argument("addresses", nargs=-1, metavar="HOST...")
@click.option(
    "--from", "file", type=click.Path(path_type=Path), help="servers.tsv, an Ansible inventory, an ssh_config."
)
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path), required=True, help="The inventory's folder."
)
@click.option("--ssh", "user", default="", metavar="USER[@]", help="Who logs in; anybody but root uses `sudo -n`.")
@click.option("--port", type=click.IntRange(1, 65535), help="Where their SSH is.")
@click.option(
    "--key", default="", metavar="FILE", help="With which key; otherwise those of an agent and the usual ones."
)
@click.option("--known-hosts", default="", metavar="FILE", help="Host keys; an unknown one is refused.")
@click.option("--jump", default="", metavar="USER@HOST", help="Hosts that lie between, as OpenSSH's ProxyJump.")
@click.option(
    "--balancer", "balancers", multiple=True, metavar="ADDRESS", help="What clients use and is no host of these."
)
@click.option("--follow/--no-follow", default=None, help="Look at hosts too that only members name; asked otherwise.")
def adopt(
    addresses: tuple[str, ...],
    file: Path | None,
    folder: Path,
    user: str,
    port: int | None,
    key: str,
    known_hosts: str,
    jump: str,
    balancers: tuple[str, ...],
    follow: bool | None,
) -> None:
    """Describe a stack that runs already as an inventory. Only reads; what it guessed stands in topology.yaml."""
    if (folder / "servers.tsv").exists():
        raise click.ClickException(f"{folder} holds an inventory already: give another folder, or move it away")
    given = {"user": user.rstrip("@"), "port": port, "key": key, "known_hosts": known_hosts, "jump": jump}
    ssh = Ssh.model_validate({name: value for name, value in given.items() if value})
    if not addresses and file is None:
        raise click.ClickException("no host is given: name addresses, or a file with --from")
    try:
        hosts = [*plain(addresses), *(from_file(file) if file else ())]
        finding = find(folder, ssh, hosts, balancers)
        while unknown := _to_follow(finding, follow):
            finding = find(folder, ssh, [*hosts, *unknown], balancers)
            hosts = list(finding.asked)
            follow = False
    except (SourceError, NothingFoundError) as error:
        raise click.ClickException(str(error)) from error
    needed = finding.adopted().write()
    click.echo("\n".join(lines(finding, needed, standard_output())))


def _to_follow(finding: Finding, follow: bool | None) -> list[Host]:
    """Hosts that only members name, where the user wants them looked at."""
    unknown = unknown_peers(finding.grouping)
    if not unknown or follow is False:
        return []
    named = ", ".join(f"{peer} (of {group.name})" for peer, group in unknown.items())
    question = f"Members name hosts that were not given: {named}. Look at them too?"
    if follow or (sys.stdin.isatty() and click.confirm(question)):
        try:
            return plain(unknown)
        except SourceError as error:
            click.echo(f"warning: {error}", err=True)
    return []
