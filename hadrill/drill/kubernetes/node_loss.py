"""A Kubernetes node loses its power and gets it back."""

from functools import partial

from hadrill.drill.kubernetes.loss import POWER_OFF, Loss
from hadrill.drill.kubernetes.scene import BACK_SECONDS, MOVER, SETTLE_SECONDS, Scene
from hadrill.faults import Kind
from hadrill.inventory import Host
from hadrill.services.asking import failures
from hadrill.services.kubernetes.budget import rescheduled_budget
from hadrill.services.kubernetes.questions import (
    all_answer,
    all_ready,
    ingress_ready,
    is_back,
    moved,
    not_ready,
    renewed,
    serves,
    still_ready,
    system_pods,
    takes_writes,
)


class NodeLoss(Scene):
    """Takes a node's power, watches, gives it back, watches again."""

    def of_server(self, wished: Host | None, role: str = "leader") -> Loss:
        """A server, named or in a role: the API goes on, others are ready, it comes back with all that was written.

        The one that leads leads etcd too: where it does not, etcd is asked to change first. Raises InconclusiveError.
        """
        with self._conclusive():
            return self._of_server(wished or self._cluster.target(role))

    def of_agent(self, wished: Host | None) -> Loss:
        """An agent that holds a pod, its part of the ingress, and a client of the data services.

        Raises InconclusiveError.
        """
        with self._conclusive():
            return self._of_agent(wished or self._cluster.target("agent"))

    def _of_server(self, victim: Host) -> Loss:
        if self._cluster.role(victim) == self._cluster.roles[0]:
            self._cluster.lead_etcd(victim)
        loss, there = self._loss(victim, POWER_OFF), self._kubernetes
        others = [host for host in there.servers if host != victim]
        with self._working(loss, SETTLE_SECONDS) as broken:
            with broken():
                self._see(loss, "cluster works", partial(takes_writes, there, self.id), self._api_seconds(loss))
                self._see(loss, "servers ready", partial(all_ready, there, others), SETTLE_SECONDS)
                self._see(loss, "API answers", partial(all_answer, there, others), SETTLE_SECONDS)
                last = self._last_word(victim)
            self._see(loss, "comes back", partial(is_back, there, victim, last), BACK_SECONDS, loss.healed)
        return loss

    def _of_agent(self, victim: Host) -> Loss:
        loss, there = self._loss(victim, POWER_OFF), self._kubernetes
        seconds = rescheduled_budget(loss.timers, self._cluster.multiplier).seconds
        with self._working(loss, seconds + SETTLE_SECONDS, clients=True) as broken:
            before, system = self._place(victim), system_pods(there, victim)
            with broken():
                self._see(loss, "cluster works", partial(takes_writes, there, self.id), self._api_seconds(loss))
                self._see(loss, "NotReady", partial(not_ready, there, victim), seconds)
                gone = partial(ingress_ready, there, victim, ready=False)
                self._see(loss, "endpoint gone", gone, SETTLE_SECONDS)
                self._see(loss, "system pods", partial(still_ready, there, system, victim), SETTLE_SECONDS)
                self._see(loss, "rescheduled", partial(moved, there, self.id, MOVER, before, victim), seconds)
                last = self._last_word(victim)
            self._see(loss, "comes back", partial(is_back, there, victim, last), BACK_SECONDS, loss.healed)
            back = partial(ingress_ready, there, victim, ready=True)
            self._see(loss, "endpoint back", back, BACK_SECONDS, loss.healed)
            self._see(loss, "ingress back", partial(serves, self.id, victim), BACK_SECONDS, loss.healed)
        return loss

    def _last_word(self, victim: Host) -> str:
        """When a lost node's kubelet said last that it lives; empty where nobody can tell."""
        try:
            return renewed(self._kubernetes, victim)
        except failures():
            return ""

    def _api_seconds(self, loss: Loss) -> float:
        return self._cluster.budget(Kind.BLACKHOLE, loss.role).seconds
