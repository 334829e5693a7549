"""A round in which nothing is broken on one cluster, while others are: its clients must not feel them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from hadrill.chaos.pause import pause
from hadrill.chaos.schedule import Round
from hadrill.drill.case import Case
from hadrill.drill.scenarios import Plan, Scenario
from hadrill.inventory.cluster import file_name
from hadrill.workload import Invariant

if TYPE_CHECKING:
    from hadrill.drill.experiment import Experiment
    from hadrill.services.cluster import Cluster

FAULT = "calm"


class Calm(Scenario):
    """A round without a fault. It takes no lease, as it breaks nothing."""

    title: ClassVar[str] = "calm"
    remarks: ClassVar[dict[Invariant, str]] = {Invariant.SERVED: "not one operation may fail"}

    def __init__(self, cluster: Cluster, drawn: Round) -> None:
        super().__init__(cluster, Case(cluster.service, FAULT, cluster=cluster.name))
        self._drawn = drawn

    @property
    def name(self) -> str:
        """With the round's number."""
        return f"{self._drawn.number:4} {self.cluster.label} {FAULT}"

    @property
    def folder(self) -> str:
        """The round's number and the service: folders are in the order of the rounds."""
        return f"{self._drawn.number:04}-{file_name(self.cluster.label)}"

    def plan(self, run: Experiment) -> Plan:
        """Nothing is broken, and clients are not to notice anything."""
        return Plan("", "", lines=(str(self._drawn),))

    @contextmanager
    def broken(self, run: Experiment, plan: Plan) -> Iterator[None]:
        """Mark the beginning and the end of the time that is judged."""
        run.moments["inject"] = time.monotonic()
        yield
        run.moments["heal"] = time.monotonic()

    def watch(self, run: Experiment, plan: Plan) -> None:
        """Wait for as long as the schedule says."""
        pause(self._drawn.calm_s)
