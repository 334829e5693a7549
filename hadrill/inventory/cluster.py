"""The clusters of an inventory, and how clients reach them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from hadrill.inventory.host import Host
from hadrill.inventory.problem import Problem
from hadrill.inventory.settings import BalancerCheck, Settings
from hadrill.inventory.topology import ComponentEntry, Topology, WayInEntry, usual_ports
from hadrill.services import registry
from hadrill.services.service import Component, Service


@dataclass(frozen=True)
class WayIn:
    """How clients reach one port of a service: they connect to port `at` of `address`.

    `port` is the service's usual one, by which the way is asked for. What stands `between` passes connections on, to
    its own port `target`; HAProxy does so in `backend`, empty where that has the usual name.
    """

    port: int
    address: str
    at: int
    target: int
    name: str = ""
    between: tuple[str, ...] = ()
    backend: str = ""
    check: BalancerCheck = field(default_factory=BalancerCheck)

    def __str__(self) -> str:
        where = f"{self.address}:{self.at}"
        return f"{self.name} ({where})" if self.name else where

    @property
    def place(self) -> str:
        """The address, with its port where that is not the usual one."""
        return self.address if self.at == self.port else f"{self.address}:{self.at}"

    @property
    def behind(self) -> str:
        """What follows the address of a proxy on this way."""
        return f":{self.target}"


@dataclass(frozen=True)
class NamedCluster:
    """The members of one service that vote together, as the inventory has them."""

    service: str
    name: str
    members: tuple[Host, ...]
    only: bool = True
    """Whether the inventory has no other cluster of the service: then nobody needs its name."""
    fronts: tuple[str, ...] = ()
    """Clusters of proxies that its clients come through."""
    ways_in: tuple[WayIn, ...] = ()
    """Those that are its own, where topology.yaml says so; else the load balancers of settings.yaml are asked."""
    credentials: str = ""
    """A folder below credentials/ whose files replace the service's usual ones."""
    components: Mapping[str, ComponentEntry] = field(default_factory=dict, hash=False)
    """How components run that do not run as the service's record has it."""
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What holds for it instead of its service's section of settings.yaml."""

    @property
    def label(self) -> str:
        """How reports call it: `redis`, or `redis/sessions` where there are several."""
        return label(self.service, "" if self.only else self.name)

    def __str__(self) -> str:
        return self.label


def label(service: str, cluster: str) -> str:
    """How reports call a cluster; its name is empty where the service has no other."""
    return f"{service}/{cluster}" if cluster else service


def file_name(label: str) -> str:
    """A label as a part of a file's name."""
    return label.replace("/", "-")


def as_placed(record: Service, components: Mapping[str, ComponentEntry]) -> Service:
    """A service's record with its components as they run in one cluster."""
    parts = tuple(_as_placed(part, components.get(part.name)) for part in record.components)
    return replace(record, components=parts) if components else record


def _as_placed(part: Component, entry: ComponentEntry | None) -> Component:
    if entry is None:
        return part
    # A name without a dot would be one that the installer gives.
    unit = entry.unit if "." in entry.unit or not entry.unit else f"{entry.unit}.service"
    return replace(
        part,
        placement=entry.placement or part.placement,
        unit=unit or part.unit,
        container=entry.container or part.container,
        inside=entry.inside or part.inside,
        configuration=entry.configuration or part.configuration,
        data=entry.data or part.data,
        statistics=entry.statistics or part.statistics,
    )


def front_services(service: str) -> set[str]:
    """The services of proxies that clients of a service may come through."""
    records = (registry.service_of(front.role) for front in registry.service(service).fronts)
    return {record.name for record in records if record is not None}


def clusters_of(hosts: Sequence[Host], topology: Topology, credentials: Path) -> tuple[NamedCluster, ...]:
    """All clusters: from the hosts' rows, and what topology.yaml says of each. Those without hosts are left out."""
    return tuple(cluster for record in registry.services() for cluster in _of(record, hosts, topology, credentials))


def _of(record: Service, hosts: Sequence[Host], topology: Topology, credentials: Path) -> Iterator[NamedCluster]:
    roles = [role.name for role in record.roles]
    members: dict[str, list[Host]] = {}
    voting = [role.name for role in record.roles if role.wasteful]
    votes = list(dict.fromkeys(host.cluster_as(role) for role in voting for host in hosts if host.cluster_as(role)))
    for host in hosts:
        for role in roles:
            if name := host.cluster_as(role):
                # Hosts that vote on nothing belong to the only cluster that does, whatever their owner calls them.
                alone = voting and role not in voting and len(votes) == 1
                members.setdefault(votes[0] if alone else name, []).append(host)
    for entry in topology.clusters:
        if entry.service == record.name and entry.members:
            moved = [host for host in hosts if host.name in entry.members and set(roles) & set(host.roles)]
            members = {name: [host for host in those if host not in moved] for name, those in members.items()}
            members[entry.name] = moved
    present = {name: tuple(dict.fromkeys(those)) for name, those in members.items() if those}
    for name, those in present.items():
        entry = topology.entry(record.name, name)
        own = entry.credentials
        if not own and any((credentials / name / f"{role}.env").exists() for role in roles):
            own = name
        ways = tuple(map(_way, entry.ways_in))
        fronts = entry.proxies or _proxies(record, hosts)
        only = len(present) == 1
        yield NamedCluster(record.name, name, those, only, fronts, ways, own, entry.components, entry.settings)


def _way(entry: WayInEntry) -> WayIn:
    at = entry.at or entry.port
    return WayIn(
        entry.port, str(entry.address), at, entry.target or at, entry.name, entry.between, entry.backend, entry.check
    )


def _proxies(record: Service, hosts: Sequence[Host]) -> tuple[str, ...]:
    """Every cluster of proxies that has something for the service."""
    names = (host.cluster_as(front.role) for front in record.fronts for host in hosts)
    return tuple(dict.fromkeys(filter(None, names)))


def broken_clusters(
    servers: Path, file: Path, clusters: Sequence[NamedCluster], topology: Topology, settings: Settings
) -> Iterator[Problem]:
    """Clusters of one service that cannot be told apart by their proxies or their ways in."""
    for cluster in clusters:
        entry = topology.entry(cluster.service, cluster.name)
        if not cluster.only and len(cluster.fronts) > 1 and not entry.proxies:
            what = f"{cluster}: nothing says which proxies are before it: {' or '.join(cluster.fronts)}"
            remedy = f"Say `proxies: [NAME]` for it in {file.name}."
            yield Problem(servers, cluster.members[0].line, 1, what, remedy)
    for one, other in combinations(clusters, 2):
        if one.service == other.service and (shared := _shared(one, other, settings)):
            what = f"{one} and {other} have the same way in: {', '.join(shared)}"
            remedy = (
                f"Give all hosts one name where they are one cluster; else say in {file.name} which `ways_in` each has."
            )
            yield Problem(servers, other.members[0].line, 1, what, remedy)


def _shared(one: NamedCluster, other: NamedCluster, settings: Settings) -> list[str]:
    """Ways in by which clients would reach the one or the other."""
    ports = sorted(usual_ports(registry.service(one.service)))
    both = ((way_in(one, port, settings), way_in(other, port, settings)) for port in ports)
    return [str(a) for a, b in both if a and b and (a.address, a.at) == (b.address, b.at)]


def way_in(cluster: NamedCluster, port: int, settings: Settings) -> WayIn | None:
    """How clients reach a usual port of a cluster; None where nothing says it."""
    own = next((way for way in cluster.ways_in if way.port == port), None)
    return own or balancer_with(port, settings)


def balancer_with(port: int, settings: Settings) -> WayIn | None:
    """The private load balancer of settings.yaml that passes a port on."""
    for balancer in settings.load_balancers:
        if balancer.scope == "private" and port in balancer.ports:
            between = ("balancer", *balancer.targets)
            return WayIn(port, str(balancer.address), port, port, balancer.name, between, check=balancer.check)
    return None
