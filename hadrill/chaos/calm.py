"""A round in which nothing is broken on one cluster, while others are: its clients must not feel them."""

import time

from hadrill.chaos.pause import pause
from hadrill.chaos.schedule import Round
from hadrill.drill.case import Case
from hadrill.drill.evidence import keep_evidence
from hadrill.drill.live import Live
from hadrill.drill.measure import measure, read_back
from hadrill.drill.result import FAILED, PASSED
from hadrill.drill.session import Session
from hadrill.drill.trial import Trial
from hadrill.services.cluster import Cluster
from hadrill.workload.invariants import late, untouched, went_back

FAULT = "calm"


class Calm(Trial):
    """A drill without a fault. It takes no lease, as it breaks nothing."""

    def __init__(self, session: Session, cluster: Cluster, drawn: Round) -> None:
        super().__init__(session, cluster, Case(cluster.service, FAULT))
        self.folder = session.folder / f"{drawn.number:04}-{cluster.service}-{self.id}"
        self.result.round = drawn.number
        self._seconds = drawn.calm_s
        self._live = Live(session.say, f"{drawn.number:4} {cluster.service} {FAULT}")

    def _run(self) -> None:
        self._step(3, "steady state")
        with self._place(self.cluster.members[0]):
            with self._working():
                self._step(6, "watch")
                pause(self._seconds)
            begun = self.moments["watch"]
            self.moments |= {"inject": begun, "heal": begun, "converged": time.monotonic()}
            measure(self.result, self.workload, self.timeline, self.moments)
            self._step(8, "read back")
            read_back(self.result, self.cluster, self.workload)
        self._step(9, "verdict")
        operations = [each for each in self.workload.history.operations() if each.start >= begun]
        problems = [
            self._others.problem,
            untouched(operations),
            late(operations, self.workload.lanes),
            went_back(operations, self.cluster.shown_by),
            f"{self.result.lost} acknowledged writes lost, none may be" if self.result.lost else "",
        ]
        self.result.cause = "; ".join(filter(None, problems))
        self.result.verdict = FAILED if self.result.cause else PASSED
        keep_evidence(self._record())
