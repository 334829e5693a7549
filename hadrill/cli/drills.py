"""The verbs that ask hosts: heal, budget, diagnose."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from hadrill.cli.options import cluster_option, inventory_option
from hadrill.drill.objective import allowed_by, over_objective
from hadrill.faults import BLACKHOLE, CRASH, PARTITION, PLANNED, RESTART, STOP
from hadrill.inventory import Inventory, NotInInventoryError, read
from hadrill.inventory.profile import profiles
from hadrill.remote import Remote, RemoteError
from hadrill.remote.from_here import ways
from hadrill.report.secrets import Scrubber
from hadrill.safety.heal import elsewhere, heal_entries, sweep
from hadrill.safety.journal import entries_of, unreadable
from hadrill.services.abilities import Diagnosed, HandsOver
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import CLUSTERS, cluster_of, clusters_of, present
from hadrill.services.member_roles import member_role, usual
from hadrill.timing import duration

KINDS = (STOP, CRASH, RESTART, BLACKHOLE, PARTITION, PLANNED)


@click.command()
@inventory_option
@click.option("--all", "everything", is_flag=True, help="Also what seems to belong to a run that still lives.")
@click.option("--profile", type=click.Choice(profiles()), help="Heal its hosts; those of the one in use otherwise.")
def heal(folder: Path, everything: bool, profile: str | None) -> None:
    """Undo everything that earlier runs left, from the journals here and on the hosts."""
    inventory = read(folder, profile)
    mine = entries_of(folder)
    live = [] if everything else [entry.experiment for entry in mine if entry.alive]
    done, wrong = heal_entries([entry for entry in mine if entry.experiment not in live], profile)
    with Remote(inventory) as remote:
        also, still = sweep(remote, inventory, live, everything=everything)
    click.echo("\n".join([*done, *also]) or "nothing to heal")
    if live:
        click.echo(f"left alone, their runs live: {', '.join(live)} (--all undoes them too)")
    for line in elsewhere(folder):
        click.echo(line)
    if strange := [*wrong, *still, *unreadable()]:
        raise click.ClickException("\n".join(["not everything is undone:", *strange]))


@click.command()
@inventory_option
@click.argument("service", type=click.Choice(sorted(CLUSTERS)))
@cluster_option
@click.option("--role", default="", help="The member that is broken; the leading one where none is named.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="What another setting would do.")
def budget(folder: Path, service: str, name: str, role: str, changes: tuple[str, ...]) -> None:
    """Show how long clients of SERVICE may be without it, part by part, from what is live on the hosts."""
    inventory = read(folder)
    try:
        role = member_role(service, role or usual(service)).name
    except LookupError as error:
        raise click.ClickException(str(error)) from error
    with Remote(inventory) as remote, ways(inventory, remote):
        for cluster in _clusters(inventory, remote, service, name):
            settings = dict(_pair(change, cluster.traits.what_if) for change in changes)
            try:
                click.echo("\n".join(_budgets(cluster, role, settings)))
            except failures(RemoteError) as error:
                raise click.ClickException(f"the hosts do not tell their configuration: {error}") from error


def _budgets(cluster: Cluster, role: str, settings: Mapping[str, str]) -> Iterator[str]:
    """What a cluster's clients may wait for, by kind of fault, and what else its owner promises."""
    yield f"{cluster.label}, {role} broken"
    for kind in KINDS if isinstance(cluster, HandsOver) else KINDS[:-1]:
        yield f"  {kind:<10} {cluster.budget(kind, role)}"
        if settings:
            yield f"  {'  what if':<10} {cluster.budget(kind, role, settings)}"
    for what, allowed in allowed_by(cluster).items():
        if what not in KINDS:
            yield f"{what}\n  {'':<10} {allowed}"


@click.command()
@inventory_option
@click.argument("service", type=click.Choice(sorted(CLUSTERS)))
@cluster_option
@click.option(
    "--facts", type=click.Path(path_type=Path, dir_okay=False), help="Also keep what the hosts said, as JSON."
)
def diagnose(folder: Path, service: str, name: str, facts: Path | None) -> None:
    """Say what would stop a failover of SERVICE right now. Breaks nothing; ends with 1 where there is a cause."""
    inventory = read(folder)
    with Remote(inventory) as remote, ways(inventory, remote):
        clusters = _clusters(inventory, remote, service, name)
        if facts is not None and len(clusters) > 1:
            there_are = ", ".join(cluster.name for cluster in clusters)
            raise click.ClickException(f"--facts keeps those of one cluster: say --cluster with one of {there_are}")
        healthy = [_diagnosed(cluster, facts) for cluster in clusters]
    if not all(healthy):
        raise SystemExit(1)


def _clusters(inventory: Inventory, remote: Remote, service: str, name: str) -> tuple[Cluster, ...]:
    """The cluster of that name, or all of the service."""
    if not present(inventory, service):
        raise click.ClickException(f"{inventory.folder} has no host for {service}")
    try:
        return (cluster_of(inventory, remote, service, name),) if name else clusters_of(inventory, remote, service)
    except NotInInventoryError as error:
        raise click.ClickException(str(error)) from error


def _diagnosed(cluster: Cluster, facts: Path | None) -> bool:
    """Ask a cluster's hosts and say what they mean; whether nothing is wrong."""
    if not isinstance(cluster, Diagnosed):
        raise click.ClickException(f"no rules are known for {cluster.service}: ask for the services behind it")
    diagnosis = cluster.diagnose()
    if facts is not None:
        facts.write_text(Scrubber(cluster.inventory.credentials.values())(diagnosis.facts.as_json()), "utf-8")
    click.echo(f"{cluster.label}: {diagnosis}" if cluster.name else str(diagnosis))
    for line in diagnosis.silent:
        click.echo(f"not asked, so not judged: {line}", err=True)
    try:
        promise = None if diagnosis.unreachable else over_objective(cluster)
    except failures(RemoteError) as error:
        raise click.ClickException(f"slo.{cluster.service} cannot be judged: {error}") from error
    if promise:
        click.echo(str(promise))
    return not (diagnosis.causes or diagnosis.silent or promise)


def _pair(change: str, known: tuple[str, ...]) -> tuple[str, str]:
    name, equals, value = change.partition("=")
    if not equals or name not in known:
        there_are = f"there are {', '.join(known)}" if known else "this service has none"
        raise click.ClickException(f"--set {change}: wants NAME=VALUE with a setting of the budget; {there_are}")
    try:
        duration(value, 1.0)  # what a bare number is, the service's own budget knows
    except ValueError as error:
        raise click.ClickException(f"--set {change}: {error}") from error
    return name, value
