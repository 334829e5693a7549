"""Rules about hosts taken together: names, addresses, cluster sizes, partners, load balancers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path

from hadrill.inventory.host import Host
from hadrill.inventory.problem import Problem
from hadrill.inventory.settings import Settings
from hadrill.services import registry
from hadrill.services.service import BASE


def broken_rules(servers: Path, hosts: Sequence[Host]) -> Iterator[Problem]:
    """What is wrong with the hosts taken together."""
    yield from _duplicates(servers, hosts)
    several = tuple(_several_clusters(servers, hosts))
    # Of a cluster that a typing error has split, the sizes of the parts are no mistakes of their own.
    yield from several or _sizes(servers, hosts)
    known = registry.roles()
    present = {host.role for host in hosts}
    for role in sorted(present):
        partner = known[role].partner
        if partner and partner not in present:
            first = next(host for host in hosts if host.role == role)
            what = f"role {role} has no partner {partner}"
            yield Problem(servers, first.line, 1, what, f"Add hosts of role {partner}, which it needs to be used.")
    for host in hosts:
        apart = known[host.role].apart
        if apart is not None:
            taken = {other.name for other in hosts if other.role in apart.roles}
            if host.name in taken or host.name.startswith(apart.name_prefix):
                yield Problem(servers, host.line, 1, f"{apart.problem} {host.name}", apart.remedy)


def broken_network_rules(servers: Path, file: Path, hosts: Sequence[Host], settings: Settings) -> Iterator[Problem]:
    """What does not fit between the hosts and settings.yaml."""
    for host in hosts:
        if IPv4Address(host.address) not in settings.private_network:
            what = f"{host.name}: {host.address} is outside the private network {settings.private_network}"
            yield Problem(servers, host.line, len(host.name) + 2, what, "Correct the address or private_network.")
    balancers = {balancer.address: balancer.name for balancer in settings.load_balancers}
    for host in hosts:
        if IPv4Address(host.address) in balancers:
            what = f"{host.name} has the address of load balancer {balancers[IPv4Address(host.address)]}"
            yield Problem(servers, host.line, len(host.name) + 2, what, "A load balancer is not a server: use another.")
    for name, count in Counter(balancer.name for balancer in settings.load_balancers).items():
        if count > 1:
            yield Problem(file, 0, 0, f"load balancer {name} is named {count} times", "Give each a name of its own.")
    for kind, address in settings.bind.items():
        if address in balancers:
            what = f"bind.{kind}: {address} belongs to load balancer {balancers[address]}, the proxy could not start"
            yield Problem(file, 0, 0, what, "Proxies listen on 0.0.0.0; the load balancer holds its own address.")
    present = {host.role for host in hosts}
    for balancer in settings.load_balancers:
        for role in balancer.targets:
            if role not in present:
                what = f"load balancer {balancer.name} targets {role}, which no host is"
                yield Problem(file, 0, 0, what, "Correct `targets` or add the hosts.")


def _duplicates(servers: Path, hosts: Sequence[Host]) -> Iterator[Problem]:
    for what in ("name", "address", "public", "fqdn"):
        seen: dict[str, Host] = {}
        for host in hosts:
            value = getattr(host, what)
            if value and value in seen:
                message = f"{what} {value} is used before, by {seen[value].name} in line {seen[value].line}"
                yield Problem(servers, host.line, 1, message, "Give each host its own.")
            elif value:
                seen[value] = host


def _several_clusters(servers: Path, hosts: Sequence[Host]) -> Iterator[Problem]:
    """Services with more than one cluster, which would be taken for one of all their members."""
    first: dict[str, dict[str, Host]] = {}
    for host in hosts:
        known = registry.service_of(host.role)
        if known is not None:
            first.setdefault(known.name, {}).setdefault(host.cluster, host)
    for service, clusters in first.items():
        if len(clusters) > 1:
            *others, last = clusters
            what = f"{service} has {len(clusters)} clusters, {', '.join(others)} and {last}"
            remedy = "Only one cluster of a service is known yet: give all of its hosts one name, or each an inventory."
            yield Problem(servers, clusters[last].line, 1, what, remedy)


def _sizes(servers: Path, hosts: Sequence[Host]) -> Iterator[Problem]:
    """Clusters of a size that their role does not have."""
    for (role, cluster), members in _by_cluster(hosts).items():
        count, first = len(members), members[0]
        wanted = registry.roles()[role].size or count
        if count != wanted:
            what = f"cluster {cluster!r} of role {role} has {count} hosts instead of {wanted}"
            yield Problem(servers, first.line, 1, what, f"Give it exactly {wanted} rows with this cluster name.")


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
        if host.role != BASE:
            clusters.setdefault((host.role, host.cluster), []).append(host)
    return clusters
