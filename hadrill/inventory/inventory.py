"""The inventory as a whole."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from hadrill.inventory.cluster import (
    NamedCluster,
    WayIn,
    as_placed,
    balancer_with,
    broken_clusters,
    clusters_of,
    front_services,
)
from hadrill.inventory.credentials import Credentials, read_credentials
from hadrill.inventory.document import read_document
from hadrill.inventory.host import Host
from hadrill.inventory.login import Login, Logins
from hadrill.inventory.problem import InvalidInventoryError, NotInInventoryError, Problem
from hadrill.inventory.profile import of_profile, read_profile
from hadrill.inventory.rules import absent_roles, broken_network_rules, broken_rules, doubtful_sizes
from hadrill.inventory.servers import read_servers
from hadrill.inventory.settings import Settings, read_settings
from hadrill.inventory.topology import FILE as TOPOLOGY
from hadrill.inventory.topology import Topology, broken_topology, read_topology
from hadrill.inventory.versions import Versions
from hadrill.services import registry
from hadrill.services.service import RUNNER, Service


@dataclass(frozen=True)
class Inventory:
    """Hosts, versions, settings and credentials that fit together."""

    folder: Path
    hosts: tuple[Host, ...]
    versions: Versions
    settings: Settings
    credentials: Credentials
    warnings: tuple[Problem, ...] = ()
    """What is allowed, and probably not what was meant."""
    topology: Topology = field(default_factory=Topology)
    subject: tuple[NamedCluster, ...] = ()
    """The clusters that a part of an inventory is about: of their services it has no other (see about())."""
    common: Settings | None = None
    """Settings as they are for clusters that say nothing else, where this is about some."""

    @cached_property
    def clusters(self) -> tuple[NamedCluster, ...]:
        """Every cluster of every service."""
        return clusters_of(self.hosts, self.topology, self.folder / "credentials")

    def clusters_of(self, service: str) -> tuple[NamedCluster, ...]:
        """The clusters of a service, those alone that this is about where it is about some."""
        about = tuple(cluster for cluster in self.subject if cluster.service == service)
        return about or tuple(cluster for cluster in self.clusters if cluster.service == service)

    def cluster(self, service: str, name: str = "") -> NamedCluster:
        """The cluster of that name, or the only one. NotInInventoryError says which there are."""
        every = self.clusters_of(service)
        chosen = [cluster for cluster in every if name in ("", cluster.name)]
        if len(chosen) == 1:
            return chosen[0]
        there_are = ", ".join(cluster.name for cluster in every) or "none"
        if name or not every:
            raise NotInInventoryError(f"no cluster {name!r} of {service} in {self.folder}: there are {there_are}")
        raise NotInInventoryError(f"{service} has {len(every)} clusters in {self.folder}: say which: {there_are}")

    def cluster_with(self, host: Host, services: Collection[str]) -> NamedCluster:
        """The cluster of one of these services that has a host. NotInInventoryError where none has it."""
        for cluster in self.clusters:
            if cluster.service in services and host in cluster.members:
                return cluster
        raise NotInInventoryError(f"{host} is in no cluster of {', '.join(sorted(services))}")

    def about(self, cluster: NamedCluster) -> Self:
        """The same with this cluster alone of its service: its members, proxies, ways in, credentials and settings."""
        services = {cluster.service, *front_services(cluster.service)}
        fronts = (front for front in self.clusters if front.name in cluster.fronts and front.service in services)
        others = (other for other in self.subject if other.service not in services)
        credentials = self.credentials.about(cluster.credentials)
        subject, common = (cluster, *fronts, *others), self.common or self.settings
        settings = common
        for one in subject:
            settings = settings.changed(one.service, one.settings)
        return replace(self, subject=subject, credentials=credentials, settings=settings, common=common)

    def about_the(self, service: str) -> Self:
        """The same about the one cluster of a service, where it has hosts. NotInInventoryError where it has several."""
        if any(cluster.service == service for cluster in self.subject) or not self.clusters_of(service):
            return self
        return self.about(self.cluster(service))

    def port(self, usual: int) -> int:
        """Where members of what this is about listen, that usually do at a port."""
        entries = (entry for cluster in self.subject for entry in cluster.components.values())
        return next((entry.ports[usual] for entry in entries if usual in entry.ports), usual)

    def socket(self, address: str, usual: int) -> tuple[str, int]:
        """Address and port of a text that may leave the port out: `10.0.0.1`, `10.0.0.1:6380`."""
        host, colon, port = address.partition(":")
        if colon:
            return host, int(port)
        ways = {way.address for cluster in self.subject for way in cluster.ways_in}
        members = {member.address for cluster in self.subject for member in cluster.members}
        return host, self.port(usual) if host in members - ways else usual

    def record(self, service: str, host: Host | None = None) -> Service:
        """A service's record, its components as they run in the cluster that this is about, or in that of a host."""
        every = self.clusters_of(service)
        of_host = [cluster for cluster in every if host in cluster.members] if host is not None else []
        (about,) = of_host[:1] or (every if len(every) == 1 else (None,))
        known = registry.service(service)
        return known if about is None else as_placed(known, about.components)

    def backend(self, port: int, usual: str) -> str:
        """The name of HAProxy's backend for a usual port of what this is about."""
        own = (way.backend for cluster in self.subject for way in cluster.ways_in if way.port == port)
        return next(own, "") or usual

    def of_role(self, role: str) -> tuple[Host, ...]:
        """Hosts of a role, in the order of servers.tsv."""
        record = registry.service_of(role)
        about = [cluster for cluster in self.subject if record is not None and cluster.service == record.name]
        known = {host for cluster in about for host in cluster.members} if about else self.hosts
        return tuple(host for host in self.hosts if role in host.roles and host in known)

    @property
    def managed(self) -> tuple[Host, ...]:
        """Hosts that are installed and tested: all but the runner, which is never changed."""
        return tuple(host for host in self.hosts if RUNNER not in host.roles)

    @property
    def roles(self) -> frozenset[str]:
        """Roles that at least one host plays."""
        return frozenset(role for host in self.hosts for role in host.roles)

    def host(self, name: str) -> Host:
        """The host of that name; NotInInventoryError names those that exist."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise NotInInventoryError(
            f"no host {name!r} in {self.folder}: there are {', '.join(h.name for h in self.hosts)}"
        )

    def entry_point(self, port: int) -> WayIn:
        """How clients reach a usual port of what this is about; NotInInventoryError says how to add a way.

        From topology.yaml, else the private load balancer of settings.yaml that passes the port on.
        """
        subject = self.subject or tuple(cluster for cluster in self.clusters if cluster.only)
        own = (way for cluster in subject for way in cluster.ways_in if way.port == port)
        if (way := next(own, None) or balancer_with(port, self.settings)) is not None:
            return way
        where = f"no private load balancer in {self.folder}/settings.yaml"
        raise NotInInventoryError(
            f"{where} has port {port}: add it to `ports`, or say in {TOPOLOGY} which `ways_in` the cluster has"
        )

    def login(self, host: Host) -> Login:
        """How to log in on a host. Raises SshConfigError."""
        return Logins(self.folder, self.settings.ssh, self.hosts).of(host)

    def behind(self, host: Host) -> tuple[Host, ...]:
        """Hosts that are logged in to through this one. Raises SshConfigError."""
        return tuple(h for h in self.managed if host.address in {hop.address for hop in self.login(h).jump})

    def path(self, path: Path) -> Path:
        """A path of settings.yaml: `~` is the user's home, a relative one starts at the inventory's folder."""
        return self.folder / path.expanduser()

    def image(self, component: str) -> str:
        """The pinned image of a component."""
        return self.versions.images[component]


def read(folder: Path, profile: str | None = None) -> Inventory:
    """Read and validate an inventory's folder. Raises InvalidInventoryError with every mistake at once.

    All of it is validated; what is returned are the hosts and load balancers of the profile: the given one, the one
    that the file `profile` names, or the one of settings.yaml.
    """
    problems: list[Problem] = []
    if not folder.is_dir():
        remedy = "Give the folder with servers.tsv, versions.yaml, settings.yaml and credentials/ as --inventory DIR."
        raise InvalidInventoryError([Problem(folder, 0, 0, "is not a folder", remedy)])
    servers = folder / "servers.tsv"
    rows = read_servers(servers, problems)
    hosts = rows.hosts
    settings = read_settings(folder / "settings.yaml", problems)
    versions = read_document(folder / "versions.yaml", Versions, problems)
    topology = read_topology(folder, problems)
    problems.extend(broken_rules(servers, hosts))
    chosen = hosts
    if settings is not None and hosts:
        problems.extend(broken_network_rules(servers, folder / "settings.yaml", hosts, settings))
        chosen = of_profile(hosts, profile or read_profile(folder, settings.profile, problems))
    # Who is not there may stand in a row that is left out.
    place = folder / "credentials"
    clusters = clusters_of(chosen, topology or Topology(), place)
    flaws = list(broken_topology(folder / TOPOLOGY, topology, hosts, complete=rows.complete)) if topology else []
    problems.extend(flaws)
    if rows.complete and topology is not None and not flaws:
        every = clusters_of(hosts, topology, place)
        problems.extend(absent_roles(servers, folder / "settings.yaml", hosts, settings, every))
        if settings is not None:
            problems.extend(broken_clusters(servers, folder / TOPOLOGY, every, topology, settings))
    roles = {role for host in chosen for role in host.roles}
    if versions is not None:
        problems.extend(versions.problems(folder / "versions.yaml", roles, settings))
    credentials = read_credentials(place, roles, problems, clusters)
    if problems or settings is None or versions is None or topology is None:
        raise InvalidInventoryError(problems)
    present = tuple(b for b in settings.load_balancers if roles & set(b.targets))
    settings = settings.model_copy(update={"load_balancers": present})
    warnings = tuple(doubtful_sizes(servers, chosen))
    return Inventory(folder, chosen, versions, settings, credentials, warnings, topology)
