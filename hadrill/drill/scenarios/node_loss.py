"""A Kubernetes node loses its power and gets it back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from hadrill.drill.invariants import Allowed
from hadrill.drill.scenarios.loss import POWER_OFF
from hadrill.drill.scenarios.node import BACK_SECONDS, MOVER, SETTLE_SECONDS, NodeScenario, explained, patient
from hadrill.drill.scenarios.scenario import Plan
from hadrill.services.asking import failures
from hadrill.services.clusters import cluster_of
from hadrill.services.kubernetes import backends
from hadrill.services.kubernetes.budget import ingress_budget, rescheduled_budget
from hadrill.services.kubernetes.questions import (
    renewed,
    system_pods,
    why_not_all_answering,
    why_not_all_ready,
    why_not_back,
    why_not_ingress_ready,
    why_not_moved,
    why_not_noticed,
    why_not_serving,
    why_not_still_ready,
    why_not_taking_writes,
)
from hadrill.services.kubernetes.workload import PAGES
from hadrill.services.member_roles import leading
from hadrill.timing import Deadline, eventually
from hadrill.workload import Invariant

if TYPE_CHECKING:
    from hadrill.drill.experiment import Experiment
    from hadrill.inventory import Host
    from hadrill.services.kubernetes.cluster import KubernetesCluster


class NodeLoss(NodeScenario):
    """What the loss of a server and that of an agent have in common."""

    title: ClassVar[str] = "node loss"
    result_name: ClassVar[str] = "node-loss"
    made: ClassVar[str] = POWER_OFF
    remarks: ClassVar[dict[Invariant, str]] = {
        Invariant.SERVED: "pages of a lost agent within the public load balancer's checks",
    }

    def __init__(self, cluster: KubernetesCluster, host: Host | None = None, role: str = "agent") -> None:
        super().__init__(cluster, host, role)
        self._last = ""

    def watch(self, run: Experiment, plan: Plan) -> None:
        """Wait until the cluster takes writes without the node."""
        api_seconds = plan.parts()[2].seconds
        self.see(run, "cluster works", partial(why_not_taking_writes, self.kubernetes, run.id), api_seconds)

    def afterwards(self, run: Experiment, plan: Plan) -> None:
        """Wait until the node is back, as its kubelet says itself."""
        back = partial(why_not_back, self.kubernetes, self.loss.victim, self._last)
        self.see(run, "comes back", back, BACK_SECONDS, self.loss.healed)
        super().afterwards(run, plan)

    def _listen(self) -> None:
        """Note when the lost node's kubelet last said that it lives; empty where the API does not answer."""
        try:
            self._last = renewed(self.kubernetes, self.loss.victim)
        except failures():
            self._last = ""


class ServerLoss(NodeLoss):
    """The loss of a server: the API goes on, the others are ready, and it comes back with all that was written."""

    def lasts(self) -> float:
        """The time in which the others must show that they go on."""
        return SETTLE_SECONDS

    def arrange(self, run: Experiment, plan: Plan) -> Plan:
        """Make the leading server the leader of etcd too."""
        victim = self.loss.victim
        if self.nodes.role(victim) == leading(self.nodes.service):
            self.nodes.lead_etcd(victim)
            self.loss.in_etcd = True
        return plan

    def watch(self, run: Experiment, plan: Plan) -> None:
        """Wait for the other servers."""
        super().watch(run, plan)
        others = [host for host in self.kubernetes.servers if host != self.loss.victim]
        self.see(run, "servers ready", partial(why_not_all_ready, self.kubernetes, others), SETTLE_SECONDS)
        self.see(run, "API answers", partial(why_not_all_answering, self.kubernetes, others), SETTLE_SECONDS)
        self._listen()


class AgentLoss(NodeLoss):
    """The loss of an agent that holds a pod, its part of the ingress, and a client of the data services."""

    def __init__(self, cluster: KubernetesCluster, host: Host | None = None) -> None:
        super().__init__(cluster, host, "agent")
        self._pod = ""
        self._system: dict[str, str] = {}

    def lasts(self) -> float:
        """The time until its pods run elsewhere."""
        return self._moving() + SETTLE_SECONDS

    def allowed(self, lane: str, plan: Plan) -> Allowed | None:
        """As usual; for pages, which come through the public load balancer, its time."""
        if lane == PAGES:
            return Allowed.of(ingress_budget(self.kubernetes, self.cluster.multiplier))
        return super().allowed(lane, plan)

    @contextmanager
    def clients(self, run: Experiment) -> Iterator[None]:
        """Start a client of the data services in a pod on every node, where the inventory has such services."""
        inventory, started = run.session.inventory, time.time()
        present = backends.present(inventory)
        if not present:
            yield
            return
        with backends.logins(inventory, run.id, run.session.say) as logins:
            backends.start_clients(self.kubernetes, run.id, logins)
            missing = patient(partial(backends.why_not_started, self.kubernetes, run.id))
            eventually("a client of the data services on every node", missing, Deadline(SETTLE_SECONDS))
            yield
            self._ask_pods(run, present, started)

    def _ask_pods(self, run: Experiment, present: tuple[str, ...], started: float) -> None:
        loss = self.loss
        loss.remaining = tuple(host.name for host in self.kubernetes.members if host != loss.victim)
        loss.backends = backends.reports(self.kubernetes.api(), run.id, started)
        for name in present:
            if missed := loss.unserved(name):
                cluster = cluster_of(run.session.inventory, run.session.remote, name)
                loss.services[name] = explained(cluster, loss, "asked afterwards")
                run.fails(f"{name}: {missed[0]}", *missed, known=True, about=name)

    @contextmanager
    def broken(self, run: Experiment, plan: Plan) -> Iterator[None]:
        """Place a pod on the node first."""
        victim = self.loss.victim
        self._pod, self._system = self.place_pod(run, victim), system_pods(self.kubernetes, victim)
        with super().broken(run, plan):
            yield

    def watch(self, run: Experiment, plan: Plan) -> None:
        """Wait until Kubernetes notices the loss, and makes the node's pods anew elsewhere."""
        super().watch(run, plan)
        there, victim, seconds = self.kubernetes, self.loss.victim, self._moving()
        self.see(run, "NotReady", partial(why_not_noticed, there, victim), seconds)
        self.see(run, "endpoint gone", partial(why_not_ingress_ready, there, victim, ready=False), SETTLE_SECONDS)
        self.see(run, "system pods", partial(why_not_still_ready, there, self._system, victim), SETTLE_SECONDS)
        self.see(run, "rescheduled", partial(why_not_moved, there, run.id, MOVER, self._pod, victim), seconds)
        self._listen()

    def afterwards(self, run: Experiment, plan: Plan) -> None:
        """Wait until the node's ingress is back too."""
        super().afterwards(run, plan)
        victim, healed = self.loss.victim, self.loss.healed
        back = partial(why_not_ingress_ready, self.kubernetes, victim, ready=True)
        self.see(run, "endpoint back", back, BACK_SECONDS, healed)
        self.see(run, "ingress back", partial(why_not_serving, run.id, victim), BACK_SECONDS, healed)

    def _moving(self) -> float:
        return rescheduled_budget(self.loss.timers, self.cluster.multiplier).seconds
