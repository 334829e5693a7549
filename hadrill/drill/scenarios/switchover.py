"""A planned switchover: the leader is asked to hand over, and nothing is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hadrill.drill.scenarios.scenario import Plan
from hadrill.drill.scenarios.single_fault import SingleFault
from hadrill.services.abilities import Led

if TYPE_CHECKING:
    from hadrill.drill.case import Case
    from hadrill.drill.experiment import Experiment
    from hadrill.services.cluster import Cluster

FAULT = "switchover"


class Switchover(SingleFault):
    """As a single fault, and another member must lead when it is over."""

    title: ClassVar[str] = "switchover"

    def watch(self, run: Experiment, plan: Plan) -> None:
        """Wait until clients are served again; then another member must lead."""
        super().watch(run, plan)
        injection, _, _ = plan.parts()
        if isinstance(self.cluster, Led) and self.cluster.leader() == injection.host:
            run.fails(f"{injection.host} still is the {injection.role}")


def of_case(cluster: Cluster, case: Case, *, lead: bool = False) -> SingleFault:
    """The scenario of a case."""
    kind = Switchover if case.fault == FAULT else SingleFault
    return kind(cluster, case, lead=lead)
