"""What a scenario must say of itself. The ten steps are the experiment's; here is only what differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hadrill.drill.case import Case
from hadrill.drill.injection import Injection
from hadrill.drill.invariants import Allowed
from hadrill.drill.objective import objective_of
from hadrill.faults import Fault
from hadrill.inventory import Host
from hadrill.inventory.cluster import file_name
from hadrill.inventory.settings import Objective
from hadrill.safety.lease import SHARED
from hadrill.services.abilities import Losing
from hadrill.services.cluster import Cluster
from hadrill.services.member_roles import usual
from hadrill.timing import Budget
from hadrill.workload import Invariant

if TYPE_CHECKING:
    from hadrill.drill.experiment import Experiment


@dataclass(frozen=True)
class Plan:
    """What an experiment would do: to whom, how long it may take, and how it is undone. Made by questions alone."""

    node: str
    role: str
    allowed: Budget | None = None
    """How long clients may be without service; None where they are not to notice anything, or nobody knows yet."""
    injection: Injection | None = None
    """The first injection, under whose id the hosts are leased; None where nothing is broken."""
    fault: Fault | None = None
    second: Injection | None = None
    """The second injection, where two members are broken."""
    lease_s: float = 0.0
    shared: str = SHARED
    """The mode of the lease on hosts that other clusters' clients use too."""
    may_lose: bool = False
    lines: tuple[str, ...] = ()
    """The plan in words, as `--plan` prints it."""

    def parts(self) -> tuple[Injection, Fault, Budget]:
        """Injection, fault and budget, of a plan that has all of them. Raises TypeError for another."""
        injection, fault = self.broken()
        if self.allowed is None:
            raise TypeError(f"a plan of {self.node} without a budget")
        return injection, fault, self.allowed

    def pair(self) -> tuple[Injection, Injection]:
        """Both injections, of a plan that has two. Raises TypeError for another."""
        if self.injection is None or self.second is None:
            raise TypeError(f"a plan of {self.node or 'nobody'} that breaks less than two")
        return self.injection, self.second

    def broken(self) -> tuple[Injection, Fault]:
        """The first injection and its fault. Raises TypeError for a plan that breaks nothing."""
        if self.injection is None or self.fault is None:
            raise TypeError(f"a plan of {self.node or 'nobody'} that breaks nothing")
        return self.injection, self.fault

    def __str__(self) -> str:
        return "\n".join(line.replace("\n", "; ") for line in self.lines)


class Scenario(ABC):
    """One thing that is done to one cluster, once. Its methods are called by the experiment, in the order below."""

    title: ClassVar[str]
    remarks: ClassVar[Mapping[Invariant, str]] = {}
    """What invariants mean for this scenario, where that needs a word."""
    healthy_s: ClassVar[float] = 30.0
    """How long a cluster may take to be whole before the experiment, in seconds."""
    steady_s: ClassVar[float] = 30.0
    """How long it may take until clients are served without failure, in seconds."""
    foretells: ClassVar[bool] = True
    """Whether a cause that is known beforehand ends the experiment before anything is broken."""

    def __init__(self, cluster: Cluster, case: Case) -> None:
        self.cluster, self.case = cluster, case

    @property
    def fault(self) -> str:
        """The name of what is done, in results."""
        return self.case.fault

    @property
    def name(self) -> str:
        """The name in the line of a running experiment."""
        return f"{self.cluster.label} {self.case.what}"

    @property
    def folder(self) -> str:
        """The beginning of the folder's name."""
        return f"{file_name(self.cluster.label)}-{self.case.what}"

    @abstractmethod
    def plan(self, run: Experiment) -> Plan:
        """Step 1: who, what, how long. Only asks. Raises InconclusiveError and others where it is refused."""

    def arrange(self, run: Experiment, plan: Plan) -> Plan:
        """Change who leads, where that is asked for: after the guard and inside the lease.

        Returns the plan as it is then. Raises what the experiment is refused with.
        """
        return plan

    def leader(self, plan: Plan) -> Host:
        """The member that is to lead, where that is decided with the place of the workload."""
        injection = plan.injection
        if injection is None or injection.role == usual(self.cluster.service):
            return injection.host if injection is not None else self.cluster.members[0]
        return next(host for host in self.cluster.members if host != injection.host)

    def clients(self, run: Experiment) -> AbstractContextManager[None]:
        """Step 3: what clients need beside the workload's place, for as long as they work."""
        return nullcontext()

    @abstractmethod
    def broken(self, run: Experiment, plan: Plan) -> AbstractContextManager[None]:
        """Steps 4 and 5 when it is entered: journal, timer, inject, prove; step 7 when it is left: heal."""

    @abstractmethod
    def watch(self, run: Experiment, plan: Plan) -> None:
        """Step 6: until clients are served again, or far too long."""

    def afterwards(self, run: Experiment, plan: Plan) -> None:
        """What must come back once the cluster is whole again."""

    def may_lose_with(self, fault: Fault, role: str) -> bool:
        """Whether the service may lose acknowledged writes with a fault on a member in a role."""
        return isinstance(self.cluster, Losing) and self.cluster.may_lose(fault.kind, role)

    def may_lose(self, plan: Plan) -> bool:
        """Whether acknowledged writes may be lost by what was done."""
        return plan.may_lose

    def allowed(self, lane: str, plan: Plan) -> Allowed | None:
        """How long a lane may be without success; None where not one of its operations may fail."""
        return Allowed.of(plan.allowed) if plan.allowed is not None else None

    def objective(self) -> Objective | None:
        """What the user promises for such an event in settings.yaml; None where nothing is promised."""
        return objective_of(self.cluster)
