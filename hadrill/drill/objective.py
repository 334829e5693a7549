"""A promise in settings.yaml that the live configuration cannot keep."""

from hadrill.diagnosis import Cause
from hadrill.faults import BLACKHOLE, CRASH, STOP
from hadrill.inventory.settings import Objective
from hadrill.services.abilities import Promising
from hadrill.services.cluster import Cluster
from hadrill.services.member_roles import usual
from hadrill.timing import Budget

KINDS = (STOP, CRASH, BLACKHOLE)
"""Kinds of faults that a promise is about."""


def objective_of(cluster: Cluster) -> Objective | None:
    """What settings.yaml promises for the cluster's service."""
    return {str(name): promise for name, promise in cluster.inventory.settings.slo.items()}.get(cluster.service)


def allowed_by(cluster: Cluster) -> dict[str, Budget]:
    """The budgets of the live configuration for everything that a promised time is about.

    Raises RemoteError or one of asking.failures().
    """
    also = cluster.promised() if isinstance(cluster, Promising) else {}
    return {str(kind): cluster.budget(kind, usual(cluster.service)) for kind in KINDS} | also


def over_objective(cluster: Cluster) -> Cause | None:
    """What may take longer than `slo.SERVICE.rto`; None where nothing may.

    It stops no failover, so drills go on: they measure whether the promise is kept all the same. Raises
    RemoteError or one of asking.failures() where the hosts do not tell their configuration.
    """
    objective = objective_of(cluster)
    if objective is None or objective.rto_seconds is None:
        return None
    allowed = allowed_by(cluster)
    over = [f"{what}: {budget}" for what, budget in allowed.items() if budget.seconds > objective.rto_seconds]
    if not over:
        return None
    return Cause(
        "budget-over-slo",
        f"the configuration allows a longer outage than slo.{cluster.service}.rto {objective.rto}",
        tuple(over),
        f"`hadrill budget {cluster.service} --set NAME=VALUE` says what another setting would do; or promise less",
    )
