"""One look at hosts, from logging in to clusters. Nothing on them is changed."""

import socket
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from hadrill.adopt.grouping import Grouping
from hadrill.adopt.recognise import told, variables
from hadrill.adopt.survey import Survey, survey
from hadrill.adopt.writing import Adopted, address_of, network_of
from hadrill.inventory import Host, Inventory
from hadrill.inventory.credentials import Credentials
from hadrill.inventory.settings import Settings, Ssh
from hadrill.inventory.versions import Versions
from hadrill.remote import Remote, RemoteError
from hadrill.remote.access import sentences
from hadrill.remote.from_here import reach, ways
from hadrill.remote.origin import runner_address

CONNECT_SECONDS = 2.0
EVERYWHERE = IPv4Network("0.0.0.0/0")


class NothingFoundError(Exception):
    """No host could be looked at: the reasons."""


@dataclass(frozen=True)
class Finding:
    """What was seen. `silent` are hosts that could not be looked at, each with the reason."""

    folder: Path
    ssh: Ssh
    asked: tuple[Host, ...]
    surveys: tuple[Survey, ...]
    silent: Mapping[Host, RemoteError]
    grouping: Grouping
    runner: tuple[str, str] | None
    balancers: Mapping[str, frozenset[int]]

    def adopted(self) -> Adopted:
        """What is written of it."""
        return Adopted(self.folder, self.ssh, self.surveys, self.grouping.groups, self.runner, self.balancers)


def find(folder: Path, ssh: Ssh, hosts: Sequence[Host], balancers: Iterable[str]) -> Finding:
    """Look at all hosts at once. Raises NothingFoundError where none lets us in."""
    settings = Settings(name="adopting", domain="adopting.internal", private_network=EVERYWHERE, ssh=ssh)
    inventory = Inventory(folder, tuple(hosts), Versions(images={}), settings, Credentials({}))
    with Remote(inventory) as remote, ways(inventory, remote):
        answers = survey(remote, hosts, variables())
        surveys = tuple(answer for answer in answers.values() if not isinstance(answer, RemoteError))
        silent = {host: answer for host, answer in answers.items() if isinstance(answer, RemoteError)}
        if not surveys:
            raise NothingFoundError("\n".join(["no host could be looked at:", *sentences(silent)]))
        parts, unasked = told(remote, surveys)
        grouping = Grouping(surveys, parts)
        ports = {way.at for group in grouping.groups for way in group.ways}
        opened = {address: _open(address, ports) for address in balancers}
        runner = _runner(remote, surveys)
    return Finding(folder, ssh, tuple(hosts), surveys, {**silent, **unasked}, grouping, runner, opened)


def _runner(remote: Remote, surveys: Sequence[Survey]) -> tuple[str, str] | None:
    """This computer, where it is in the hosts' own network."""
    try:
        address = runner_address(remote, surveys[0].host)
    except RemoteError:
        return None
    inside = IPv4Network(f"{address}/32").subnet_of(network_of(surveys))
    taken = {address_of(one) for one in surveys}
    return (socket.gethostname().partition(".")[0], address) if inside and address not in taken else None


def _open(address: str, ports: Iterable[int]) -> frozenset[int]:
    """Ports of an address that take a connection."""

    def takes(port: int) -> bool:
        try:
            with socket.create_connection(reach(address, port), timeout=CONNECT_SECONDS):
                return True
        except OSError:
            return False

    chosen = list(ports)
    with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
        return frozenset(port for port, there in zip(chosen, pool.map(takes, chosen), strict=True) if there)
