"""What all scenarios of a Kubernetes node have in common: one node, and many milestones that are waited for."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from hadrill.drill.case import Case
from hadrill.drill.injection import Injection
from hadrill.drill.preflight import LOOK_BACK_SECONDS, diagnosis_of
from hadrill.drill.scenarios.loss import Loss, Milestone
from hadrill.drill.scenarios.scenario import Plan, Scenario
from hadrill.faults import Kind
from hadrill.remote import RemoteError
from hadrill.services.asking import failures
from hadrill.services.finding import CheckFailedError
from hadrill.services.kubernetes.budget import timers_of
from hadrill.services.kubernetes.place import deployment, make, path_of, pods
from hadrill.services.kubernetes.questions import why_not_placed
from hadrill.timing import Deadline, OverdueError, eventually

if TYPE_CHECKING:
    from hadrill.drill.experiment import Experiment
    from hadrill.inventory import Host
    from hadrill.services.cluster import Cluster
    from hadrill.services.kubernetes.cluster import KubernetesCluster

MOVER = "mover"
"""The program whose one pod is placed on the victim."""
SETTLE_SECONDS = 60.0
BACK_SECONDS = 90.0

Condition = Callable[[], str | None]


class NodeScenario(Scenario):
    """Something that happens to a node: which one, the milestones that are waited for, pods that move."""

    healthy_s: ClassVar[float] = SETTLE_SECONDS
    steady_s: ClassVar[float] = SETTLE_SECONDS
    foretells: ClassVar[bool] = False  # what does not come is asked for its cause while the node is away
    result_name: ClassVar[str]
    made: ClassVar[str]
    """The fault that is made on the node."""
    kind: ClassVar[Kind] = Kind.BLACKHOLE

    def __init__(self, cluster: KubernetesCluster, host: Host | None = None, role: str = "agent") -> None:
        super().__init__(cluster, Case(cluster.service, self.made, role, host.name if host else "", cluster.name))
        self.nodes, self.kubernetes = cluster, cluster.kubernetes
        self._host, self._role = host, role
        self._loss: Loss | None = None

    @property
    def loss(self) -> Loss:
        """What was seen of the node. Raises TypeError before plan()."""
        if self._loss is None:
            raise TypeError(f"{self.name} is not planned yet")
        return self._loss

    @property
    def fault(self) -> str:
        """The scenario's own name: it is more than the fault alone."""
        return self.result_name

    @property
    def name(self) -> str:
        """The node, or its role, and the scenario's own name."""
        return f"{self.cluster.label} {'-'.join(filter(None, [self.case.host or self._role, self.fault]))}"

    @property
    def folder(self) -> str:
        """The name, with hyphens."""
        return self.name.replace(" ", "-")

    @abstractmethod
    def lasts(self) -> float:
        """Seconds for which the node may be away at most."""

    def victim(self) -> Host:
        """The named node, or one in the role."""
        return self._host or self.nodes.target(self._role)

    def plan(self, run: Experiment) -> Plan:
        """Plan the fault on one node."""
        victim = self.victim()
        case = Case(self.case.service, self.made, host=victim.name, cluster=self.case.cluster)
        injection = Injection(run.session, self.cluster, case, run.id, run.step)
        fault = injection.guard()
        self._loss = self._begun(run, victim)
        allowed = self.cluster.budget(self.kind, self.loss.role)
        lines = (f"{self.cluster.label} {self.fault} of {victim} ({self.loss.role})",)
        return Plan(victim.name, self.loss.role, allowed, injection, fault, lease_s=self.lasts(), lines=lines)

    def _begun(self, run: Experiment, victim: Host) -> Loss:
        # All live still; a forced loss may be that of the only one.
        server = next((host for host in self.kubernetes.servers if host != victim), victim)
        timers = timers_of(run.session.remote, server)
        objective = self.objective()
        rto = objective.rto_seconds if objective else None
        in_etcd = self.nodes.leads_etcd(victim)
        role = self.nodes.role(victim)
        return Loss(victim, role, timers, self.made, in_etcd, math.inf if rto is None else rto)

    @contextmanager
    def broken(self, run: Experiment, plan: Plan) -> Iterator[None]:
        """Guard again, as a second node may be lost by now; then inject the fault."""
        injection, _, _ = plan.parts()
        with run.injected(injection, injection.guard_again(), self.lasts()):
            self.loss.began = run.moments["inject"]
            yield
        self.loss.healed = run.moments["heal"]

    def afterwards(self, run: Experiment, plan: Plan) -> None:
        """Wait until clients are served as before."""
        healed = self.loss.healed
        self.see(run, "clients served", lambda: run.workload.why_not_steady(healed), SETTLE_SECONDS, healed)

    def see(self, run: Experiment, name: str, condition: Condition, seconds: float, since: float = 0.0) -> None:
        """Wait for a milestone, and note when it came. One that is late is a problem of its own; the others follow."""
        loss = self.loss
        start = since or loss.began
        try:
            eventually(name, patient(condition), Deadline(seconds, start=start))
        except OverdueError as error:
            # Asked while it lasts. What is wrong with the victim is no cause until it should be back.
            loss.seen[name] = explained(self.cluster, loss, str(error), "" if loss.healed else loss.victim.name)
            run.fails(f"{name}: {error}", known=True, about=name)
            run.result.causes = list(loss.causes)
        else:
            loss.seen[name] = Milestone(round(time.monotonic() - start, 2))
        told = f"{name} {loss.seen[name]}"
        run.timeline.add("drill", told)
        run.result.notes.append(told)
        run.session.say(f"{loss.victim} {loss.fault}: {told}")

    def ask_for_pod(self, run: Experiment, app: str, victim: Host) -> Condition:
        """Ask for a pod on the victim, if there is room. Returns the condition that it is ready there."""
        place = path_of(run.id, "deployments")
        make(self.kubernetes.api(), place, deployment(self.kubernetes, app, 1, victim.name))
        return partial(why_not_placed, self.kubernetes, run.id, app, victim)

    def place_pod(self, run: Experiment, victim: Host) -> str:
        """Place a pod on the victim; returns its UID."""
        there = patient(self.ask_for_pod(run, MOVER, victim))
        eventually(f"a pod on {victim}", there, Deadline(SETTLE_SECONDS))
        (pod,) = pods(self.kubernetes.api(), run.id, MOVER)
        return str(pod["metadata"]["uid"])


def explained(cluster: Cluster, loss: Loss, problem: str, victim: str = "") -> Milestone:
    """The milestone of a problem, with its causes. `victim` is a host of the cluster that was broken on purpose."""
    try:
        diagnosis = diagnosis_of(cluster, int(time.monotonic() - loss.began) + LOOK_BACK_SECONDS, victim)
    except failures(RemoteError) as error:
        return Milestone(problem=f"{problem}; no diagnosis: {error}")
    if diagnosis is None:
        return Milestone(problem=f"{problem}; no diagnosis")
    causes = tuple(cause.as_json() for cause in diagnosis.causes)
    return Milestone(problem=f"{problem}; {diagnosis.summary}", causes=causes)


def patient(condition: Condition) -> Condition:
    """The same condition, where an error is only a reason to ask again: one late answer of a busy API says nothing."""

    def reason() -> str | None:
        try:
            return condition()
        except CheckFailedError as error:
            return str(error)
        except failures() as error:
            return f"{type(error).__name__}: {error}"

    return reason
