"""The port matrix: every host tries the ports of every other, over the network."""

from collections.abc import Iterable
from dataclasses import dataclass

from hadrill.inventory import RUNNER, Host, Inventory
from hadrill.inventory.ports import TCP, known_ports, openings
from hadrill.on_host import program
from hadrill.on_host.scan import accepted
from hadrill.remote import Remote, RemoteError, reading, run_program
from hadrill.remote.from_here import is_outside
from hadrill.services.finding import Finding, require

TRY_SECONDS = 2.0
RUN_SECONDS = 30.0
LISTENING = "ss -ltnH | awk '{print $4}'"


@dataclass(frozen=True)
class PortScan:
    """The result: which hosts reached which (address, port), what listens where, and which hosts could not be asked."""

    reached: dict[Host, set[tuple[str, int]]]
    listening: dict[Host, set[int]]
    silent: dict[Host, str]


def scan(inventory: Inventory, remote: Remote) -> PortScan:
    """Try all known and all listening ports of every host from every other host and from the runner."""
    listening, silent = _listening(inventory, remote)
    known = known_ports(inventory)
    ports = known.union(*listening.values()) if listening else known
    targets = [(host.address, port) for host in inventory.managed for port in sorted(ports)]
    targets += [
        (str(b.address), port) for b in inventory.settings.load_balancers if b.scope == "private" for port in b.ports
    ]
    order = {"targets": targets, "seconds": TRY_SECONDS}

    def ask(host: Host) -> set[tuple[str, int]]:
        answer = run_program(remote, host, program("scan"), order, RUN_SECONDS)
        with reading(host):
            return {(address, port) for address, port in answer}

    answers = remote.everywhere([host for host in inventory.managed if host not in silent], ask)
    reached = {host: answer for host, answer in answers.items() if not isinstance(answer, RemoteError)}
    # Outside, this computer is not the one that the runner's row is about.
    for runner in () if is_outside() else inventory.of_role(RUNNER):
        reached[runner] = set(accepted(targets, TRY_SECONDS))
    return PortScan(reached, listening, silent)


def only_the_wanted_ports(inventory: Inventory, host: Host, scanned: PortScan) -> None:
    """A host's ports answer those who need them, and nobody else. Raises CheckFailedError."""
    if host in scanned.silent:
        require(
            [
                Finding(
                    host.name,
                    "its listening ports",
                    scanned.silent[host],
                    "the host does not answer at all",
                    unreachable=True,
                )
            ]
        )
    allowed = {opening.port: opening for opening in openings(inventory, host) if opening.protocol == TCP}
    network = str(inventory.settings.private_network)
    findings = []
    for source, reached in scanned.reached.items():
        if source == host:
            continue
        mine = {port for address, port in reached if address == host.address}
        allowed_here = {port for port, o in allowed.items() if source.address in o.sources or network in o.sources}
        for port in sorted(allowed_here - mine):
            listens = port in scanned.listening[host]
            if listens or not allowed[port].transient:
                cause = "a firewall rule is missing" if listens else "nothing listens there: the service is stopped"
                findings.append(
                    Finding(host.name, f"port {port} ({allowed[port].service}) open to {source}", "closed", cause)
                )
        for port in sorted(mine - allowed_here):
            cause = "the firewall is off, or has a rule too many"
            findings.append(Finding(host.name, f"port {port} closed to {source}", "open", cause))
    require(findings)


def entry_points_answer(inventory: Inventory, scanned: PortScan) -> None:
    """Every private load balancer takes connections on its ports from every host. Raises CheckFailedError."""
    cause = "the load balancer is down, or misses the port"
    require(
        Finding(balancer.name, f"port {port} open to {source}", "closed", cause)
        for balancer in inventory.settings.load_balancers
        if balancer.scope == "private"
        for port in balancer.ports
        for source, reached in scanned.reached.items()
        if (str(balancer.address), port) not in reached
    )


def _listening(inventory: Inventory, remote: Remote) -> tuple[dict[Host, set[int]], dict[Host, str]]:
    def ask(host: Host) -> set[int]:
        printed = remote.run(host, LISTENING, seconds=RUN_SECONDS).stdout
        with reading(host):
            return set(_ports(printed.split()))

    answers = remote.everywhere(inventory.managed, ask)
    listening, silent = {}, {}
    for host, answer in answers.items():
        if isinstance(answer, RemoteError):
            silent[host] = str(answer)
        else:
            listening[host] = answer
    return listening, silent


def _ports(sockets: Iterable[str]) -> Iterable[int]:
    for place in sockets:
        address, _, port = place.rpartition(":")
        if not address.startswith(("127.", "[::1]")):
            yield int(port)
