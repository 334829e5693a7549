"""How this computer reaches a port of the inventory: directly, or outside its network through a jump host.

Every client of a service asks reach() where to connect. Without a way that was opened it is the address itself.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address

from hadrill.inventory import Host, Inventory
from hadrill.inventory.login import PORT, Login
from hadrill.remote.forwarder import Forwarder, Place
from hadrill.remote.remote import Remote

_NO_SERVICE = 9


class FromHere:
    """What this process knows: one run is about one inventory."""

    def __init__(self) -> None:
        self.forwarder: Forwarder | None = None
        self.remote: Remote | None = None
        self.ssh_ports: dict[str, int] = {}


_here = FromHere()


def reach(address: str, port: int) -> Place:
    """Where a client connects for an address and port. Raises ConnectionError where the run is over."""
    forwarder = _here.forwarder
    return forwarder.end(address, port) if forwarder and forwarder.leads_to(address) else (address, port)


def try_port(address: str, port: int, seconds: float) -> None:
    """Connect once and close again. Raises ConnectionRefusedError where nobody listens, TimeoutError for silence."""
    forwarder = _here.forwarder
    if forwarder and forwarder.leads_to(address):
        forwarder.try_port(address, port, seconds)
    else:
        socket.create_connection((address, port), timeout=seconds).close()


def ssh_port(address: str) -> int:
    """Where a host's SSH is."""
    return _here.ssh_ports.get(address, PORT)


def opened() -> Remote:
    """This run's connections, for what only a host itself can be asked. Raises ConnectionError where it is over."""
    if _here.remote is None:
        raise ConnectionError("this run has no connections to hosts any more")
    return _here.remote


def is_outside() -> bool:
    """Whether ports are reached through a jump host."""
    return _here.forwarder is not None


@contextmanager
def ways(inventory: Inventory, remote: Remote) -> Iterator[None]:
    """Until its end reach() knows the ways to an inventory's hosts. Raises SshConfigError."""
    logins = {host: inventory.login(host) for host in inventory.managed}
    _here.ssh_ports = {host.address: login.port for host, login in logins.items()}
    _here.remote = remote
    if outside_by(inventory) is not None:
        _here.forwarder = Forwarder(remote, _behind(inventory, {h: login for h, login in logins.items() if login.jump}))
    try:
        yield
    finally:
        forwarder, _here.forwarder, _here.ssh_ports, _here.remote = _here.forwarder, None, {}, None
        if forwarder is not None:
            forwarder.close()


def outside_by(inventory: Inventory) -> Login | None:
    """The jump host by which services are reached too, where this computer is outside; else None.

    It is where the settings say so; else where hosts have jump hosts and no address of this computer lies in the
    private network. Raises SshConfigError.
    """
    setting = inventory.settings.ssh.outside
    jumps = [login.jump[-1] for login in map(inventory.login, inventory.managed) if login.jump]
    if not jumps or setting is False or (setting is None and _is_inside(inventory)):
        return None
    return jumps[0]


def why_no_drills(inventory: Inventory) -> str:
    """Why nothing can be drilled from here; empty where it can. Raises SshConfigError."""
    jump = outside_by(inventory)
    if jump is None:
        return ""
    return (
        f"drills need a runner inside {inventory.settings.private_network}: from here services are reached through "
        f"{jump}, so clients would measure that way and lose it with what is broken. Run this on a host inside (or set "
        "ssh.outside: false where this computer does reach the services' ports itself)"
    )


def _is_inside(inventory: Inventory) -> bool:
    """Whether this computer would speak to the first host from an address of the private network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chooser:
        try:
            # Nothing is sent: the kernel only chooses the address.
            chooser.connect((inventory.managed[0].address, _NO_SERVICE))
        except OSError:
            return False
        return IPv4Address(chooser.getsockname()[0]) in inventory.settings.private_network


def _behind(inventory: Inventory, jumping: dict[Host, Login]) -> dict[str, Host]:
    """By address, the host whose jump host leads there: its own, or one that a load balancer passes on to."""
    behind = {host.address: host for host in jumping}
    for balancer in inventory.settings.load_balancers:
        target = next((host for host in jumping if set(host.roles) & set(balancer.targets)), None)
        if target is not None:
            behind[str(balancer.address)] = target
    for cluster in inventory.clusters:
        target = next((host for host in jumping if host in cluster.members), None)
        if target is not None:
            behind |= {way.address: target for way in cluster.ways_in if way.address not in behind}
    return behind
