"""What a drill must know of a service: its members, their roles, its events, its clients, and its budgets."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from hadrill.diagnosis import Diagnosis
from hadrill.faults import BLACKHOLE, CRASH, STOP, Kind
from hadrill.inventory import Host, Inventory, versions
from hadrill.placement import Placement, placed
from hadrill.remote import Remote
from hadrill.services import registry
from hadrill.services.errors import NoMemberError
from hadrill.services.service import UNIT
from hadrill.timing import POLL, Budget, Timeline
from hadrill.workload import History, Invariant, Lane, Operation

Probe = Callable[[], "Member"]
Watch = Callable[[Timeline, threading.Event], None]


@dataclass(frozen=True)
class Member:
    """What a member says of itself: its role in the product's own word, and whether it takes writes as the leader."""

    role: str
    leads: bool = False

    def __str__(self) -> str:
        return self.role


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
"""What a member that runs in a container can have."""
SILENT = Member("silent")
"""A member that does not answer."""


class Cluster(ABC):
    """One cluster of a service, as drills see it. Subclasses keep their parts in files of their own."""

    service: ClassVar[str]
    roles: ClassVar[tuple[str, ...]]
    """Roles that a drill can aim at, the leading one first."""
    drawn: ClassVar[Mapping[str, tuple[str, ...]]] = {"": OF_CONTAINERS}
    """Faults that a chaos run may draw for each role; `` (empty) are those of all others."""
    restarted_by: ClassVar[str] = "container-stop"
    """The fault by which members are restarted one after the other."""
    look_seconds: ClassVar[float] = POLL
    """Between two questions of the probe; longer where the answer costs its host much."""
    exempt: ClassVar[Mapping[Invariant, str]] = {}
    """Invariants that say nothing of this service, each with the reason."""
    resumes_whole: ClassVar[bool] = False
    """Whether a cluster that lost its majority goes on only when every member is back."""
    goes_on: ClassVar[tuple[str, ...]] = ()
    """Lanes of the workload that need no majority: they are served while writes are refused."""
    components: ClassVar[dict[str, str]] = {}
    """The component that faults of a role are about, if not the record's first; `` (empty) is all other roles'."""
    peer_port: ClassVar[int]
    """A port that members keep open to one another, by which a cut is proved."""
    behind: ClassVar[tuple[type["Cluster"], ...]] = ()
    """Clusters whose clients come through these members, where they are proxies."""
    what_if: ClassVar[tuple[str, ...]] = ()
    """Settings of the budget that can be replaced to ask what they would do."""
    hand_over_note: ClassVar[str] = ""
    """Why a member cannot be made the leader by a planned switchover, where it cannot."""

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        self.inventory, self.remote = inventory, remote
        self.multiplier = inventory.settings.faults.multiplier

    @property
    @abstractmethod
    def members(self) -> tuple[Host, ...]:
        """Hosts that vote together."""

    @property
    @abstractmethod
    def shared(self) -> tuple[Host, ...]:
        """Hosts that the clients' way leads over, which other clusters use too."""

    @property
    def majority(self) -> int:
        """Members that must be there for the cluster to take writes."""
        return len(self.members) // 2 + 1

    def voters(self, host: Host) -> tuple[Host, ...]:
        """Members that a host is one of when it comes to who must be left."""
        return self.members

    def needed(self, host: Host) -> int:
        """How many of those voters must be left."""
        return self.majority

    @property
    def node_kubectl(self) -> str:
        """The command by which a member asks Kubernetes' API as itself; empty where members are no nodes of one."""
        return ""

    def placements(self, host: Host) -> dict[str, Placement]:
        """Components on a host that can be stopped by themselves, by name."""
        record, parts = registry.service(self.service), versions.components(host.role, self.inventory.settings)
        return {part.name: placed(record, part.name) for part in parts if part.placement == UNIT}

    @abstractmethod
    def probe(self, host: Host) -> Probe:
        """A question to one member, over a connection that is kept; SILENT where it does not answer in time."""

    @abstractmethod
    def leader(self) -> Host:
        """The leading member, asked now. Raises NoLeaderError where there is none."""

    @abstractmethod
    def unhealthy(self) -> str | None:
        """None where every member is in its role, replication caught up, and proxies agree; else the first reason."""

    @abstractmethod
    def watches(self) -> Sequence[Watch]:
        """Streams of events, each for a thread of its own, that end when the given event is set."""

    def prepare(self, drill: str, leader: Host | None) -> None:
        """Make the place that a drill's workload writes to, and remove what a killed run left there.

        `leader` is the member that is to lead, where that is decided with the place (a quorum queue).
        """

    @abstractmethod
    def lanes(self, drill: str) -> Sequence[Lane]:
        """The workload's operations at the entry point."""

    @abstractmethod
    def found(self, host: Host, drill: str, acknowledged: set[str], history: History) -> set[str]:
        """Those of the acknowledged keys that a member has. Raises one of asking.failures()."""

    def clean(self, drill: str) -> None:
        """Remove what the workload wrote."""

    @abstractmethod
    def budget(self, kind: Kind, role: str, settings: dict[str, str] | None = None) -> Budget:
        """The time that clients may be without service after a fault of a kind, from what is live on the hosts.

        `settings` replaces live values by name, to ask what another configuration would do.
        """

    def promised(self) -> dict[str, Budget]:
        """Everything that a promised time is about, each with what the live configuration allows it."""
        return {kind: self.budget(kind, self.roles[0]) for kind in (STOP, CRASH, BLACKHOLE)}

    def loss_bound(self, role: str) -> str:
        """What may be lost, in words; empty where nothing may."""
        return ""

    def may_lose(self, kind: Kind, role: str) -> bool:
        """Whether acknowledged writes may be lost without the drill failing."""
        return False

    rate_share: float = 1.0
    """The part of the usual rate that each lane gets, where there are more lanes than usual."""
    parallel_reading: ClassVar[bool] = True
    """Whether members may be read at the same time."""

    def read_back_order(self) -> tuple[Host, ...]:
        """Members whose data is compared with what was acknowledged."""
        return self.members

    def shown_by(self, read: Operation) -> str:
        """Among which reads this one must not go back; the same word for all where members are never behind."""
        return ""

    def duplicates(self, history: History) -> int:
        """Writes that were delivered more than once."""
        return 0

    def remarks(self, history: History) -> list[str]:
        """What clients met that breaks no promise and is worth knowing."""
        return []

    def unavailable(self, fault: str, role: str) -> str:
        """Why a fault makes no sense for a role; empty where it does."""
        return ""

    def weakness(self, host: Host) -> str:
        """Why the loss of one member is an outage by design, where it is."""
        return ""

    @abstractmethod
    def port_of(self, role: str) -> int:
        """The port of what a role's fault is about."""

    def hand_over(self, to: Host | None) -> None:
        """Ask for a planned switchover, to a member of choice or any. Returns when it was accepted."""
        raise NotImplementedError(self.hand_over_note or f"{self.service} has no planned switchover")

    @property
    def has_planned(self) -> bool:
        """Whether its leader can be changed by a planned switchover."""
        return type(self).hand_over is not Cluster.hand_over

    def role(self, host: Host) -> str:
        """The role of a member now."""
        return self.roles[0] if self.leader() == host else self.roles[1]

    def target(self, role: str) -> Host:
        """A member in a role now. Raises NoLeaderError, NoMemberError."""
        leader = self.leader()
        if role == self.roles[0]:
            return leader
        for host in self.members:
            if host != leader:
                return host
        raise NoMemberError(f"{leader} is the only member of {self.service}: nobody is {role}")

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis | None:
        """Named causes for what goes wrong, now; None where no rules are known for the service.

        With `since_seconds` it is asked why a failover that began then did not happen; `victim` is the host that was
        broken on purpose. Only reads, within ten seconds.
        """
        return None

    def component(self, role: str) -> str:
        """The component that a fault of a role is about."""
        usual = registry.service(self.service).components[0].name
        return self.components.get(role, self.components.get("", usual))

    def placement(self, role: str) -> Placement:
        """How that component runs."""
        return placed(registry.service(self.service), self.component(role))
