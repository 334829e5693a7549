"""The record of a service: what every other room must know of it. Data only; this module imports nothing of hadrill.

Code is named as 'module:Name' and loaded when it is used (registry.load), so that reading a record, or an inventory,
imports no database driver.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

PEERS = "peers"
"""The other hosts of the same cluster."""
NODES = "nodes"
"""Every other host of the same service, in whichever of its roles."""
BALANCERS = "load balancers"
"""The load balancers of settings.yaml that pass on to the host's role."""
NETWORK = "private network"
EVEN = (2, 4, 6, 8)
RUNNER = "runner"
"""The role of the computer that hadrill runs on: an inventory's own, as is `base` for hosts without a service."""
BASE = "base"

CONTAINER_UNIT = "container-unit"
"""A container that a systemd unit starts."""
UNIT = "unit"
CONTAINER = "container"
"""A container of its own, which its engine starts again by its restart policy."""
INSIDE = "inside"
"""A process of another component."""
PLACEMENTS = (CONTAINER_UNIT, UNIT, CONTAINER, INSIDE)
UNTOLD = "none"
"""A program that tells of itself nowhere."""

OF_CONTAINERS = (
    "container-kill",
    "container-stop",
    "container-pause",
    "power-off",
    "isolate",
    "process-kill",
    "switchover",
    "slow-link",
    "reject",
    "cut-one-way",
    "reboot",
)
"""Faults that a member can have which runs in a container."""


@dataclass(frozen=True)
class Port:
    """A port of a host, what listens there, and who may connect: roles by name, or one of the words above."""

    number: int
    title: str
    sources: tuple[str, ...]
    transient: bool = False
    """Something listens there now and then only, as during a state transfer."""
    protocol: str = "tcp"


@dataclass(frozen=True)
class Apart:
    """Roles whose hosts must not carry this one too, hosts' names that show it, and what to do."""

    roles: tuple[str, ...]
    name_prefix: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class Role:
    """What a host is for: the word in servers.tsv."""

    name: str
    ports: tuple[Port, ...] = ()
    size: int | None = None
    """How many hosts a cluster must have; None: any number."""
    wasteful: tuple[int, ...] = ()
    """Numbers of hosts of which no more may be lost than of one less: EVEN where a majority decides."""
    partner: str = ""
    """A role without which this one is of no use."""
    images: tuple[str, ...] = ()
    """Images that it needs besides those of its components."""
    credentials: tuple[str, ...] = ()
    """Names that credentials/ROLE.env must hold."""
    binds: bool = False
    """Whether `bind` in settings.yaml may say on which address its hosts listen."""
    apart: Apart | None = None


@dataclass(frozen=True)
class MemberRole:
    """What a member may be while it runs, in the product's own word: leader, replica, node."""

    name: str
    port: int
    """The port that is cut where a fault is about one."""
    leads: bool = False
    """Whether there is one at a time, which takes the writes."""
    faults: tuple[str, ...] = OF_CONTAINERS
    """What a chaos run may draw for it."""
    components: tuple[str, ...] = ()
    """What faults are about: the first of these that the settings put there; empty: the service's first component."""
    hosts: tuple[str, ...] = ()
    """Roles of the hosts whose members may be so; empty: all of the service's."""
    beside: bool = False
    """It shares its host with a member in another role, as a Sentinel does with its Redis."""


@dataclass(frozen=True)
class Component:
    """One program of a service, and how it runs on the hosts that hadrill installs.

    Empty fields mean the usual: a unit that the installer names after it, a container of its name. A `unit` without
    a dot is named by the installer too; one with a dot is taken as it is. `configuration` and `data` are
    a file or folder below the folders that the placement knows; what begins with `/` is taken as it is.
    """

    name: str
    title: str
    placement: str = CONTAINER_UNIT
    unit: str = ""
    container: str = ""
    image: str = ""
    """Its name in versions.yaml; empty where it is no container or comes with another component."""
    inside: str = ""
    """The component that this one is a process of (placement INSIDE)."""
    configuration: str = ""
    data: str = ""
    statistics: str = ""
    """Where it tells of itself besides its usual port: a port and path of a page, a socket's path, or UNTOLD."""
    processes: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Processes that can be killed by themselves: name, and the pattern of their command line."""
    roles: tuple[str, ...] = ()
    """Roles of the hosts that run it; empty: all of the service's."""
    when: tuple[str, str] | None = None
    """A setting and the value under which it is there, like ('kubernetes.distribution', 'k3s')."""


@dataclass(frozen=True)
class Front:
    """What hosts of another role have for this service, as proxies do: ports, and what its install file puts there."""

    role: str
    ports: tuple[Port, ...]
    section: str = ""
    """A function of a Site: the service's part of the proxy's own configuration."""
    beside: str = ""
    """A function of a Site and a host: what else is on it (install.proxies.Beside)."""
    drilled: bool = False
    """Whether drills of those hosts work with this service's clients, which come through them."""


@dataclass(frozen=True)
class Install:
    """A task of `fab`: its name, its line in `fab -l`, a function that takes a Site, and the checks that prove it.

    `proof` names checks as `Service.checks` does; empty: those. `beforehand` is a function that `fab all` calls before
    any module begins, with the site.
    """

    task: str
    title: str
    function: str
    proof: str = ""
    beforehand: str = ""


@dataclass(frozen=True)
class PodClient:
    """What a pod does to try a service: a module whose source runs there, and a function that says how to log in.

    The module has `round_trip(login)`; the function takes the inventory.
    """

    module: str
    login: str
    place: str = ""
    """A context manager of the inventory, a drill's name and a function for remarks: what the login holds besides."""


@dataclass(frozen=True)
class Service:
    """One service. `order` is its place in reports, lists and installations."""

    name: str
    title: str
    order: int
    roles: tuple[Role, ...]
    components: tuple[Component, ...] = ()
    member_roles: tuple[MemberRole, ...] = ()
    """What drills can aim at, in the order in which it is listed; one of them leads, or none does."""
    fronts: tuple[Front, ...] = ()
    home_networks: tuple[str, ...] = ()
    """Settings that name networks whose addresses are at home on its hosts, as pods are."""
    profile: str = "data"
    """The part of an inventory that it belongs to."""
    fixture: str = ""
    """The fixture by which checks are given its client; empty: none."""
    settings: str = ""
    """The model of its section in settings.yaml, which has the service's name."""
    client: str = ""
    cluster: str = ""
    checks: str = ""
    """A tuple of functions of the client that raise CheckFailedError."""
    examination: str = ""
    """Its rules, and how their facts are collected (diagnosis.Examination)."""
    versions: str = ""
    """A function of the inventory that returns, by title, questions for the versions that are running."""
    install: Install | None = None
    pod_client: PodClient | None = None
    """How pods try it, where they can."""
    suite: str = ""
    """A package with its checks and drills in the folders `basic` and `failover`, where hadrill has none of its own."""
    adoption: str = ""
    """How it is recognised where somebody else set it up (adopting.Adoption)."""
    driver_errors: tuple[str, ...] = ()
    """What its driver raises where a member does not answer as it must."""
    denied: str = ""
    """A function of such an error: whether it denies the login, or what the user wants: credentials, permissions."""
