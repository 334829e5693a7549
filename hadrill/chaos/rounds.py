"""The rounds of one cluster, one after the other, until the time is over or a promise is broken."""

import shutil
from collections.abc import Callable
from pathlib import Path

from hadrill.chaos.calm import Calm
from hadrill.chaos.census import Census
from hadrill.chaos.gate import Gate
from hadrill.chaos.schedule import Round, Schedule
from hadrill.chaos.storm import Storm
from hadrill.drill.evidence import keep_result
from hadrill.drill.experiment import Experiment
from hadrill.drill.result import ERROR, FAILED, PASSED, Problem, Result
from hadrill.drill.scenarios import Scenario
from hadrill.drill.session import Session
from hadrill.inventory.cluster import file_name
from hadrill.placement import units_of
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of
from hadrill.services.member_roles import behind
from hadrill.timing import Deadline
from hadrill.workload import Invariant

Keep = Callable[[Result, Path], None]
MIB = 1 << 20


class RoundsOf:
    """The rounds of one cluster. `keep` gets each result and the folder of its evidence."""

    def __init__(self, session: Session, schedule: Schedule, label: str, places: int, keep: Keep) -> None:
        first = {drawn.label: drawn for drawn in reversed(schedule.rounds)}
        others = [file_name(other) for other in first if other != label and not behind(first[other].service)]
        self._service, self._cluster = first[label].service, first[label].cluster
        self._session, self._schedule, self._label, self._keep = session, schedule, label, keep
        self._gate = Gate(session.folder.parent / "locks", places, others)
        self._may_keep = session.inventory.settings.chaos.evidence_mib * MIB / len(first)
        self._kept = 0

    def run(self) -> list[Result]:
        """Make every round that can begin in time. Returns their results."""
        with self._gate.present(file_name(self._label)):
            return self._run()

    def _run(self) -> list[Result]:
        over, made = Deadline(self._schedule.duration_s), list[Result]()
        cluster = cluster_of(self._session.inventory, self._session.remote, self._service, self._cluster)
        # A round may break a proxy too. Of a proxy's own rounds, the hosts behind it are counted by their services.
        beside = () if behind(self._service) else cluster.shared
        counted = {host: sorted(units_of(cluster.placements(host).values())) for host in cluster.members}
        census = Census(self._session.remote, counted | dict.fromkeys(beside, ()))
        for drawn in self._schedule.of(self._label):
            one, alone = self._experiment(cluster, drawn)
            with self._gate.entered(over, alone=alone):
                if over.passed:
                    break
                result = one.run()
            left, uncounted = census.count(one.ids)
            result.notes += filter(None, [uncounted])
            if any(problem.invariant == Invariant.NO_TRACE for problem in result.problems):
                left = ""  # the experiment has seen it too
            self.judge(one.folder, result, [left, *census.leaks()])
            self._keep(result, one.folder)
            made.append(result)
            if result.verdict in (FAILED, ERROR):
                break
        return made

    def _experiment(self, cluster: Cluster, drawn: Round) -> tuple[Experiment, bool]:
        """A round as an experiment, and whether it must run alone."""
        if not drawn.steps:
            return self._of(Calm(cluster, drawn), drawn), False
        storm = Storm(self._session, cluster, drawn)
        return self._of(storm, drawn), storm.touches_proxies or bool(behind(self._service))

    def _of(self, scenario: Scenario, drawn: Round) -> Experiment:
        one = Experiment(self._session, scenario)
        one.result.round = drawn.number
        return one

    def judge(self, folder: Path, result: Result, problems: list[str]) -> None:
        """Fail the round for problems that were met after it; keep the evidence of a pass only while there is room."""
        if leaks := [Problem(problem, invariant=Invariant.NO_TRACE) for problem in problems if problem]:
            result.problems += leaks
            result.verdict = ERROR if result.verdict is ERROR else FAILED
            result.cause = "; ".join(filter(None, [result.cause, *(leak.what for leak in leaks)]))
        if result.verdict == PASSED and self._kept > self._may_keep:
            shutil.rmtree(folder)
            limit = self._session.inventory.settings.chaos.evidence_mib
            result.notes.append(f"its evidence is left out: the run has its {limit} MiB (chaos.evidence_mib)")
            result.folder, result.evidence = "", []
        keep_result(folder, result, self._session.inventory.credentials.values())
        self._kept += sum(file.stat().st_size for file in folder.iterdir())
