"""Which port of which host answers whom. The firewall is made from this, and the port matrix is tested against it."""

from collections.abc import Iterator
from dataclasses import dataclass

from hadrill.inventory.host import Host
from hadrill.inventory.inventory import Inventory
from hadrill.services import registry
from hadrill.services.service import BALANCERS, NETWORK, NODES, PEERS, RUNNER, Port

TCP = "tcp"


@dataclass(frozen=True)
class Opening:
    """A port of a host, and the addresses (dotted, or a network in CIDR form) that it must answer.

    On a transient port something listens only now and then.
    """

    port: int
    service: str
    sources: tuple[str, ...]
    transient: bool = False
    protocol: str = TCP


def openings(inventory: Inventory, host: Host) -> Iterator[Opening]:
    """What must be open on a host, SSH for its jump host, too, where that is one of the inventory's.

    Everything that is not named here must be closed to other hosts.
    """
    login = inventory.login(host)
    ours = {known.address for known in inventory.hosts}
    through = tuple(hop.address for hop in login.jump[-1:] if hop.address in ours)
    yield Opening(login.port, "SSH", (*_addresses(inventory, host, host.role, RUNNER), *through))
    for role in host.roles:
        for port in ports_of(role):
            addresses = sorted({a for source in port.sources for a in _addresses(inventory, host, role, source)})
            yield Opening(port.number, port.title, tuple(addresses), port.transient, port.protocol)


def ports_of(role: str) -> tuple[Port, ...]:
    """The ports of a role: its own, and those that it keeps open for other services."""
    fronts = (front for known in registry.services() for front in known.fronts if front.role == role)
    return (*registry.roles()[role].ports, *(port for front in fronts for port in front.ports))


def known_ports(inventory: Inventory) -> frozenset[int]:
    """Every TCP port that any role may have."""
    every = (port for role in registry.roles() for port in ports_of(role))
    ssh = {inventory.login(host).port for host in inventory.managed}
    return frozenset(port.number for port in every if port.protocol == TCP) | ssh


def home_networks(inventory: Inventory, host: Host) -> tuple[str, ...]:
    """Networks inside a host, like that of its pods: traffic from there may go to the host, and through it anywhere."""
    services = filter(None, map(registry.service_of, host.roles))
    return tuple(str(inventory.settings.value(path)) for known in services for path in known.home_networks)


def _addresses(inventory: Inventory, host: Host, role: str, source: str) -> tuple[str, ...]:
    if source == NETWORK:
        return (str(inventory.settings.private_network),)
    if source == BALANCERS:
        balancers = inventory.settings.load_balancers
        return tuple(str(balancer.address) for balancer in balancers if role in balancer.targets)
    if source == NODES:
        known = registry.service_of(role)
        return tuple(h.address for h in inventory.hosts if known in map(registry.service_of, h.roles) and h != host)
    if source == PEERS:
        mine = host.cluster_as(role)
        return tuple(h.address for h in inventory.of_role(role) if h.cluster_as(role) == mine and h != host)
    return tuple(h.address for h in inventory.of_role(source))
