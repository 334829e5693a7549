"""One cluster of a service, as experiments see it: the four abilities that each has, and what they follow from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from hadrill.inventory import Host, Inventory, versions
from hadrill.inventory.cluster import label
from hadrill.placement import Placement, placed
from hadrill.remote import Remote
from hadrill.services import member_roles, registry
from hadrill.services.abilities import Budgeted, Led, Members, Probed, Workable
from hadrill.services.errors import NoMemberError
from hadrill.services.service import UNIT
from hadrill.timing import POLL
from hadrill.workload import Invariant


@dataclass(frozen=True)
class Traits:
    """What is true of every cluster of a service, whatever its state."""

    peer_port: int
    """A port that members keep open to one another, by which a cut is proved."""
    restarted_by: str = "container-stop"
    """The fault by which members are restarted one after the other."""
    look_seconds: float = POLL
    """Between two questions of an observer; longer where the answer costs its host much."""
    rate_share: float = 1.0
    """The part of the usual rate that each lane gets, where an operation costs much or there are more lanes."""
    resumes_whole: bool = False
    """Whether a cluster that lost its majority goes on only when every member is back."""
    goes_on: tuple[str, ...] = ()
    """Lanes of the workload that need no majority: they are served while writes are refused."""
    what_if: tuple[str, ...] = ()
    """Settings of the budget that can be replaced to ask what they would do."""
    exempt: Mapping[Invariant, str] = field(default_factory=dict)
    """Invariants that say nothing of this service, each with the reason."""
    why_no_switchover: str = ""
    """Why a member cannot be made the leader by a planned one, where it cannot."""


class Cluster(Members, Probed, Workable, Budgeted, ABC):
    """The members of one service that vote together. What else a service can do is in services/abilities.py."""

    service: ClassVar[str]
    traits: ClassVar[Traits]

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        self.inventory, self.remote = inventory.about_the(self.service), remote
        self.multiplier = inventory.settings.faults.multiplier

    @property
    @abstractmethod
    def members(self) -> tuple[Host, ...]:
        """Hosts of the cluster's members."""

    @property
    @abstractmethod
    def shared(self) -> tuple[Host, ...]:
        """Hosts that the clients' way leads over, which other clusters use too."""

    @property
    def name(self) -> str:
        """Its name where the inventory has others of the service; empty where nobody needs it."""
        about = self.inventory.clusters_of(self.service)
        return "" if not about or about[0].only else about[0].name

    @property
    def label(self) -> str:
        """How reports call it."""
        return label(self.service, self.name)

    def duty(self, host: Host) -> str:
        """The host's role in servers.tsv that is of this service: a host may have others beside it."""
        own = [role.name for role in registry.service(self.service).roles]
        return next((role for role in host.roles if role in own), host.role)

    def role(self, host: Host) -> str:
        """The role of a member now. Raises NoLeaderError.

        Where the leader is decided with the place of a workload, each member can be it.
        """
        roles = member_roles.of_hosts(self.service, self.duty(host))
        leading = next((role.name for role in roles if role.leads), "")
        if not leading or not isinstance(self, Led):
            return leading or roles[0].name
        return leading if self.leader() == host else next(role.name for role in roles if not role.leads)

    def target(self, role: str) -> Host:
        """A member in a role now. Raises NoLeaderError, NoMemberError."""
        known = member_roles.member_role(self.service, role)
        hosts = [host for host in self.members if self.duty(host) in (known.hosts or (self.duty(host),))]
        leads = any(other.leads for host in hosts for other in member_roles.of_hosts(self.service, self.duty(host)))
        if leads:
            leader = self.leader() if isinstance(self, Led) else hosts[0]
            hosts = [leader] if known.leads else [host for host in hosts if host != leader]
        if not hosts:
            raise NoMemberError(f"no member of {self.service} is {role}")
        return hosts[0]

    def placements(self, host: Host) -> dict[str, Placement]:
        """Components on a host that can be stopped by themselves, by name."""
        record = self.inventory.record(self.service)
        there = {part.name for part in versions.components(self.duty(host), self.inventory.settings)}
        units = (part.name for part in record.components if part.name in there and part.placement == UNIT)
        return {name: placed(record, name) for name in units}

    def placement(self, role: str) -> Placement:
        """How the component runs that a fault of a role is about."""
        component = member_roles.component_of(self.service, role, self.inventory.settings)
        return placed(self.inventory.record(self.service), component)
