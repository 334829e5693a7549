"""Rules that hold between hosts: names, addresses, cluster sizes, partners, load balancers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path

from hadrill.inventory.host import CLUSTER_SIZES, PARTNERS, Host, Role
from hadrill.inventory.problem import Problem
from hadrill.inventory.settings import Settings


def broken_rules(servers: Path, hosts: Sequence[Host]) -> Iterator[Problem]:
    """What is wrong with the hosts taken together."""
    yield from _duplicates(servers, hosts)
    clusters: Counter[tuple[Role, str]] = Counter()
    clusters.update((host.role, host.cluster) for host in hosts if host.role is not Role.BASE)
    for (role, cluster), count in clusters.items():
        wanted = CLUSTER_SIZES.get(role, count)
        if count != wanted:
            first = next(host for host in hosts if (host.role, host.cluster) == (role, cluster))
            what = f"cluster {cluster!r} of role {role} has {count} hosts instead of {wanted}"
            yield Problem(servers, first.line, 1, what, f"Give it exactly {wanted} rows with this cluster name.")
    present = {host.role for host in hosts}
    for role in sorted(present & set(PARTNERS)):
        if PARTNERS[role] not in present:
            first = next(host for host in hosts if host.role is role)
            what = f"role {role} has no partner {PARTNERS[role]}"
            yield Problem(
                servers, first.line, 1, what, f"Add hosts of role {PARTNERS[role]}, which it needs to be used."
            )
    kubernetes = {host.name for host in hosts if host.role in (Role.K3S_SERVER, Role.K3S_AGENT)}
    for host in hosts:
        if host.role is Role.MINIO and (host.name in kubernetes or host.name.startswith("k3s-")):
            what = f"MinIO on the Kubernetes host {host.name}"
            yield Problem(
                servers, host.line, 1, what, "Put MinIO on hosts of its own: it must never share a K3s worker."
            )


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
    for kind, address in (("haproxy", settings.bind.haproxy), ("proxysql", settings.bind.proxysql)):
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
