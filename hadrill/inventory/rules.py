"""Rules about hosts taken together: names, addresses, cluster sizes, partners, load balancers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path

from hadrill.inventory.cluster import NamedCluster
from hadrill.inventory.host import Host
from hadrill.inventory.problem import Problem
from hadrill.inventory.settings import Settings
from hadrill.services import registry
from hadrill.services.service import BASE


def broken_rules(servers: Path, hosts: Sequence[Host]) -> Iterator[Problem]:
    """What is wrong with the hosts taken together."""
    yield from _duplicates(servers, hosts)
    yield from _sizes(servers, hosts)
    known = registry.roles()
    for host in hosts:
        for apart in filter(None, (known[role].apart for role in host.roles)):
            if set(apart.roles) & set(host.roles) or host.name.startswith(apart.name_prefix):
                yield Problem(servers, host.line, 1, f"{apart.problem} {host.name}", apart.remedy)


def absent_roles(
    servers: Path, file: Path, hosts: Sequence[Host], settings: Settings | None, clusters: Sequence[NamedCluster]
) -> Iterator[Problem]:
    """Roles that no host plays and others need: one mistake each, whoever needs it.

    A cluster whose ways in do not lead over its partner needs none.
    """
    present = {role for host in hosts for role in host.roles}
    needed: dict[str, list[str]] = {}
    for role in sorted(present):
        record, partner = registry.service_of(role), registry.roles()[role].partner
        own = [cluster for cluster in clusters if record is not None and cluster.service == record.name]
        if partner and not (own and all(_avoids(cluster, partner) for cluster in own)):
            needed.setdefault(partner, []).append(f"role {role}")
    balancers: dict[str, list[str]] = {}
    for balancer in settings.load_balancers if settings is not None else ():
        for role in balancer.targets:
            balancers.setdefault(role, []).append(f"load balancer {balancer.name}")
    for role in sorted({*needed, *balancers} - present):
        who = ", ".join([*needed.get(role, ()), *balancers.get(role, ())])
        first = next((host.line for host in hosts if f"role {host.role}" in needed.get(role, ())), 0)
        where = (servers, first, 1) if role in needed else (file, 0, 0)
        yield Problem(*where, f"no host is {role}: {who} has no partner", f"Add hosts of role {role}.")


def _avoids(cluster: NamedCluster, role: str) -> bool:
    """Whether its own ways in are known, and none of them leads over hosts of a role."""
    return bool(cluster.ways_in) and not any(role in way.between for way in cluster.ways_in)


def broken_network_rules(servers: Path, file: Path, hosts: Sequence[Host], settings: Settings) -> Iterator[Problem]:
    """What does not fit between the hosts and settings.yaml."""
    outside = [host for host in hosts if IPv4Address(host.address) not in settings.private_network]
    if len(outside) == len(hosts) > 1:
        what = f"no host is in the private network {settings.private_network}"
        yield Problem(file, 0, 0, what, f"Correct private_network: hosts have addresses like {hosts[0].address}.")
    else:
        for host in outside:
            what = f"{host.name}: {host.address} is outside the private network {settings.private_network}"
            yield Problem(servers, host.line, 1, what, "Correct the address or private_network.")
    balancers = {balancer.address: balancer.name for balancer in settings.load_balancers}
    for host in hosts:
        if IPv4Address(host.address) in balancers:
            what = f"{host.name} has the address of load balancer {balancers[IPv4Address(host.address)]}"
            yield Problem(servers, host.line, 1, what, "A load balancer is not a server: use another.")
    for name, count in Counter(balancer.name for balancer in settings.load_balancers).items():
        if count > 1:
            yield Problem(file, 0, 0, f"load balancer {name} is named {count} times", "Give each a name of its own.")
    for kind, address in settings.bind.items():
        if address in balancers:
            what = f"bind.{kind}: {address} belongs to load balancer {balancers[address]}, the proxy could not start"
            yield Problem(file, 0, 0, what, "Proxies listen on 0.0.0.0; the load balancer holds its own address.")


def _duplicates(servers: Path, hosts: Sequence[Host]) -> Iterator[Problem]:
    """What two hosts have in common and must not: one mistake for each pair of rows, as one is often a copy."""
    seen: dict[tuple[str, str], Host] = {}
    for host in hosts:
        shared: dict[Host, list[str]] = {}
        for what in ("name", "address", "public", "fqdn"):
            value = str(getattr(host, what))
            # Names that differ in capitals only are one to DNS.
            before = seen.setdefault((what, value.lower()), host) if value else host
            if before is not host:
                shared.setdefault(before, []).append(f"{what} {value}")
        for before, values in shared.items():
            verb = "is" if len(values) == 1 else "are"
            message = f"{' and '.join(values)} {verb} used before, by {before.name} in line {before.line}"
            yield Problem(servers, host.line, 1, message, "Give each host its own.")


def _sizes(servers: Path, hosts: Sequence[Host]) -> Iterator[Problem]:
    """Clusters of a size that their role does not have."""
    for (role, cluster), members in _by_cluster(hosts).items():
        count, first = len(members), members[0]
        size = registry.roles()[role].size or count
        if count != size:
            what = f"cluster {cluster!r} of role {role} has {count} hosts instead of {size}"
            yield Problem(servers, first.line, 1, what, f"Give it exactly {size} rows with this cluster name.")


def doubtful_sizes(servers: Path, hosts: Sequence[Host]) -> Iterator[Problem]:
    """Clusters of a size that is allowed and has no sense: a host more, and no more losses that are survived."""
    for (role, cluster), members in _by_cluster(hosts).items():
        count = len(members)
        if count in registry.roles()[role].wasteful:
            lost = (count - 1) // 2
            survived = f"the loss of {lost} of them stops nothing" if lost else "the loss of either stops it"
            what = f"cluster {cluster!r} of role {role} has {count} hosts: {survived}, as with {count - 1}"
            remedy = f"Add one, or take one away, unless something else has a vote: {count + 1} survive {lost + 1}."
            yield Problem(servers, members[0].line, 1, what, remedy)


def _by_cluster(hosts: Sequence[Host]) -> dict[tuple[str, str], list[Host]]:
    clusters: dict[tuple[str, str], list[Host]] = {}
    for host in hosts:
        for duty in host.duties:
            if duty[0] != BASE:
                clusters.setdefault(duty, []).append(host)
    return clusters
