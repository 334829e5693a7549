"""The drain of a Kubernetes node: it is emptied for work on it, and takes pods again afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from hadrill.drill.errors import InconclusiveError
from hadrill.drill.scenarios.loss import CORDON
from hadrill.drill.scenarios.node import BACK_SECONDS, MOVER, SETTLE_SECONDS, NodeScenario
from hadrill.faults import Kind
from hadrill.services.kubernetes.questions import (
    scratch,
    why_not_drainable,
    why_not_empty,
    why_not_moved,
    why_not_schedulable,
)
from hadrill.services.kubernetes.workload import PAGES
from hadrill.workload import Invariant

if TYPE_CHECKING:
    from hadrill.drill.experiment import Experiment
    from hadrill.drill.invariants import Allowed
    from hadrill.drill.scenarios.scenario import Plan
    from hadrill.inventory import Host
    from hadrill.services.kubernetes.cluster import KubernetesCluster

AGAIN = "again"
"""The program whose pod is placed on the node when it takes pods again."""
EMPTY_SECONDS = 60.0
"""PodDisruptionBudgets let pods go one by one, and each may take its grace period of 30 s."""


class Drain(NodeScenario):
    """Cordons a node, evicts what runs there, and lets it take pods again.

    As `kubectl drain`, it is refused where a pod has no controller that makes it again. Scratch volumes (emptyDir) of
    those that have one end with the pod, and are told.
    """

    title: ClassVar[str] = "drain"
    result_name: ClassVar[str] = "drain"
    made: ClassVar[str] = CORDON
    kind: ClassVar[Kind] = Kind.PLANNED
    remarks: ClassVar[dict[Invariant, str]] = {Invariant.SERVED: "not one page may fail"}

    def __init__(self, cluster: KubernetesCluster, host: Host | None = None) -> None:
        super().__init__(cluster, host, "agent")
        self._pod = ""

    def lasts(self) -> float:
        """The time until the node is empty, and its pods run elsewhere."""
        return EMPTY_SECONDS + SETTLE_SECONDS

    def allowed(self, lane: str, plan: Plan) -> Allowed | None:
        """As usual; but visitors of pages are not to notice anything."""
        return None if lane == PAGES else super().allowed(lane, plan)

    def plan(self, run: Experiment) -> Plan:
        """Refuse, before anything is touched, what would be gone for good."""
        plan = super().plan(run)
        reason = why_not_drainable(self.kubernetes, self.loss.victim)
        if reason and not run.session.force:
            raise InconclusiveError(f"refused, {reason} (--force drains all the same)")
        if pods := scratch(self.kubernetes, self.loss.victim):
            run.result.notes.append(f"scratch volumes end with their pods: {', '.join(pods)}")
        return plan

    @contextmanager
    def broken(self, run: Experiment, plan: Plan) -> Iterator[None]:
        """Place a pod on the node first."""
        self._pod = self.place_pod(run, self.loss.victim)
        with super().broken(run, plan):
            yield

    def watch(self, run: Experiment, plan: Plan) -> None:
        """Wait until all pods but those of DaemonSets have left, and the placed one runs elsewhere."""
        there, victim = self.kubernetes, self.loss.victim
        self.see(run, "emptied", partial(why_not_empty, there, victim), EMPTY_SECONDS)
        self.see(run, "rescheduled", partial(why_not_moved, there, run.id, MOVER, self._pod, victim), SETTLE_SECONDS)

    def afterwards(self, run: Experiment, plan: Plan) -> None:
        """Wait until the node takes pods again."""
        victim = self.loss.victim
        self.see(
            run, "schedulable", partial(why_not_schedulable, self.kubernetes, victim), BACK_SECONDS, self.loss.healed
        )
        self.see(run, "takes pods", self.ask_for_pod(run, AGAIN, victim), SETTLE_SECONDS, time.monotonic())
        super().afterwards(run, plan)
