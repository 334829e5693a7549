"""What a fault is: its kind, its target, and the programs that inject, prove and heal it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hadrill.placement import Marks, Placement
from hadrill.remote.shell import command


class Kind(StrEnum):
    """How a fault looks to the others, in this order: the member leaves in good order; it is gone and its connections
    are refused; it is gone until its supervisor starts it again; nothing answers; it does not hear its peers, but
    serves clients; it was asked to hand over.
    """

    STOP = "stop"
    CRASH = "crash"
    RESTART = "restart"
    BLACKHOLE = "blackhole"
    PARTITION = "partition"
    PLANNED = "planned"


STOP, CRASH, RESTART = Kind.STOP, Kind.CRASH, Kind.RESTART
BLACKHOLE, PARTITION, PLANNED = Kind.BLACKHOLE, Kind.PARTITION, Kind.PLANNED


@dataclass(frozen=True)
class Target:
    """What a fault is about: a component, its process, addresses of the peers, and the runner's."""

    experiment: str
    """The experiment's id, of twelve hexadecimal digits."""
    placement: Placement
    process: str
    """The pattern of its command line; empty where there is none."""
    runner: str
    peers: tuple[str, ...]
    peer_port: int
    service_port: int
    folder: str
    """The experiment's own folder on the host, where it marks what it makes."""
    components: Mapping[str, Placement] = field(default_factory=dict)
    """The host's components that can be stopped by themselves, by name."""
    host: str = ""
    kubectl: str = ""
    """The command by which a Kubernetes node asks the API as itself; empty elsewhere."""

    @property
    def marks(self) -> Marks:
        """What this experiment marks as made."""
        return Marks(self.folder)

    @property
    def table(self) -> str:
        """The experiment's own nft table."""
        return f"inet hadrill_{self.experiment}"


@dataclass(frozen=True)
class Fault:
    """One way to break a host. The programs are for /bin/sh as root on the host; healing twice is the same as once.

    `available` prints why the host cannot offer the fault and fails; `proof` succeeds while the fault is there.
    `heal` undoes what `inject` has marked as made (see hadrill.placement.marks), also where that ended half-way.
    `power` is what the power driver does instead (`off` or `reset`). `lasts` is false where the host recovers alone.
    `ends`: the member's processes end, and with them all that they had in memory only.
    """

    name: str
    kind: Kind
    inject: str = ":"
    proof: str = ":"
    heal: str = ":"
    available: str = ":"
    power: str = ""
    lasts: bool = True
    ends: bool = False

    @property
    def on_host(self) -> bool:
        """Whether it is made by programs on the host."""
        return not self.power and self.kind != PLANNED


def unavailable(name: str, kind: Kind, reason: str) -> Fault:
    """A fault that the host cannot offer, and why."""
    return Fault(name, kind, available=f"{command('echo', reason)}; false")
