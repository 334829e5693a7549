"""What an experiment may ask of a cluster, as small protocols: who needs an ability asks for that one and no more.

Every cluster has the first four (services/cluster.py puts them together). The others are optional: a cluster that has
the methods has the ability, and `isinstance` tells. Guarded, in services/guarded.py, is one of them too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.services.member import Probe, Watch
from hadrill.services.place import Place
from hadrill.timing import Budget


class Members(Protocol):
    """Knows its members."""

    service: ClassVar[str]
    inventory: Inventory

    @property
    def members(self) -> tuple[Host, ...]:
        """Hosts of the cluster's members."""

    @property
    def shared(self) -> tuple[Host, ...]:
        """Hosts between the clients and the members, like proxies, which other clusters use too."""


@runtime_checkable
class Probed(Protocol):
    """Can be asked for its state."""

    def probe(self, host: Host) -> Probe:
        """The function that asks one member for its state."""

    def why_not_healthy(self) -> str | None:
        """None where every member is in its role, replication caught up, and proxies agree; else the first reason."""


class Workable(Protocol):
    """Has a place for a workload."""

    def place(self, name: str, leader: Host | None = None) -> Place:
        """The place to which the workload of that name writes; nothing is made yet.

        `leader` is the member that is to lead, where that is decided with the place (a quorum queue).
        """


class Budgeted(Protocol):
    """Has a budget: the outage that its live settings allow."""

    def budget(self, kind: Kind, role: str, settings: Mapping[str, str] | None = None) -> Budget:
        """The time that clients may be without service after a fault of a kind on a member in a role.

        `settings` replaces live values by name, to ask what another configuration would do. Raises RemoteError or one
        of asking.failures() where the hosts do not tell.
        """


@runtime_checkable
class Promising(Protocol):
    """Its promised time (`slo` in settings.yaml) is about more than faults of its members."""

    def promised(self) -> dict[str, Budget]:
        """What else the promise is about, each with the budget that the live configuration gives it."""


@runtime_checkable
class Led(Protocol):
    """One member leads at a time, and it can be asked which."""

    def leader(self) -> Host:
        """The leading member, asked now. Raises NoLeaderError where there is none."""


@runtime_checkable
class HandsOver(Led, Protocol):
    """Its leader can be changed by a planned switchover."""

    def hand_over(self, to: Host | None) -> None:
        """Ask for a switchover, to this member or to any. Returns when it was accepted."""


@runtime_checkable
class Watched(Protocol):
    """Has streams of events."""

    def watches(self) -> Sequence[Watch]:
        """Functions that write events into a timeline, each for a thread of its own, until an event is set."""


@runtime_checkable
class Diagnosed(Protocol):
    """Has rules that name causes."""

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """Named causes for what is wrong now. Only reads, within ten seconds.

        With `since_seconds` the question is why a failover that began then did not happen; `victim` is the host that
        was broken on purpose.
        """


@dataclass(frozen=True)
class Electorate:
    """Members that vote together, how many votes each has, and how many votes must be left."""

    votes: Mapping[Host, int]
    needed: int


@runtime_checkable
class Voting(Protocol):
    """Its members do not have one vote each of which a majority must be left."""

    def electorate(self, host: Host) -> Electorate:
        """Those that a host votes with. Raises one of asking.failures()."""


@runtime_checkable
class Losing(Protocol):
    """Acknowledged writes may be lost with some faults, by design."""

    @classmethod
    def may_lose(cls, kind: Kind, role: str, /) -> bool:
        """Whether writes may be lost with a fault of a kind on a member in a role."""

    def loss_bound(self, role: str) -> str:
        """A sentence, from live settings, about what may be lost."""


@runtime_checkable
class Selective(Protocol):
    """Some faults make no sense for it."""

    def why_not_available(self, fault: str, role: str) -> str:
        """Why a fault makes no sense for a role; empty where it does."""


@runtime_checkable
class Exposed(Protocol):
    """The loss of one member may be an outage by design."""

    def weakness(self, host: Host) -> str:
        """Why the loss of this member is an outage; empty where it is none."""


@runtime_checkable
class OnNodes(Protocol):
    """Its members are nodes of a Kubernetes cluster."""

    def node_kubectl(self) -> str:
        """The command by which a member asks Kubernetes' API as itself."""


def electorate_of(cluster: Members, host: Host) -> Electorate:
    """Who votes with a host: all members with one vote each, unless the cluster says otherwise."""
    if isinstance(cluster, Voting):
        return cluster.electorate(host)
    return Electorate(dict.fromkeys(cluster.members, 1), len(cluster.members) // 2 + 1)
