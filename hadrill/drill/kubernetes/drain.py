"""The planned case: a node is emptied for work on it, and takes pods again afterwards."""

import time
from functools import partial

from hadrill.drill.kubernetes.loss import CORDON, Loss
from hadrill.drill.kubernetes.scene import BACK_SECONDS, MOVER, SETTLE_SECONDS, Scene
from hadrill.inventory import Host
from hadrill.services.kubernetes.questions import emptied, moved, schedulable

AGAIN = "again"
"""The program whose pod is placed on the node when it takes pods again."""
EMPTY_SECONDS = 60.0
"""Budgets of disruption let pods go one by one, and each may take its grace period of 30 s."""


class Drain(Scene):
    """Cordons a node, evicts what runs there as `kubectl drain` does, and lets it take pods again."""

    def of(self, wished: Host | None) -> Loss:
        """Everything but DaemonSets' pods leaves an agent; nobody is to notice. Raises InconclusiveError."""
        with self._conclusive():
            return self._of(wished or self._cluster.target("agent"))

    def _of(self, victim: Host) -> Loss:
        loss, there = self._loss(victim, CORDON), self._kubernetes
        with self._working(loss, EMPTY_SECONDS + SETTLE_SECONDS) as broken:
            before = self._place(victim)
            with broken():
                self._see(loss, "emptied", partial(emptied, there, victim), EMPTY_SECONDS)
                self._see(loss, "rescheduled", partial(moved, there, self.id, MOVER, before, victim), SETTLE_SECONDS)
            self._see(loss, "schedulable", partial(schedulable, there, victim), BACK_SECONDS, loss.healed)
            self._see(loss, "takes pods", self._wish(AGAIN, victim), SETTLE_SECONDS, time.monotonic())
        return loss
