"""From what was measured to a verdict."""

from hadrill.drill.result import FAILED, PASSED, Result
from hadrill.inventory.settings import Objective
from hadrill.services.cluster import Cluster


def judge(
    result: Result, cluster: Cluster, objective: Objective | None, problems: list[str], *, may_lose: bool
) -> bool:
    """Set verdict and cause. `problems` were met on the way: never recovered, not converged, split brain.

    `may_lose`: whether acknowledged writes may be lost with such a fault. Returns whether hosts are to be asked why:
    a loss that their settings allow, and the user's promise does not, has its reason in its bound.
    """
    problems, broken_promise = list(problems), ""
    budget = result.budget_s or 0.0
    limit, source = budget, f"budget {result.budget}"
    if objective is not None and objective.rto_seconds is not None and objective.rto_seconds < limit:
        limit, source = objective.rto_seconds, f"slo.{result.service}.rto {objective.rto}"
    for name, lane in result.lanes.items():
        for what, where in (("outage_s", "the fault"), ("return_outage_s", "the return of the member")):
            seconds = lane.get(what)
            if seconds is not None and seconds > limit:
                problems.append(f"{name}: {seconds:.1f} s without success at {where}, allowed {limit:.1f} s ({source})")
    lost = result.lost or 0
    if lost:
        allowed = objective.lost_writes if objective is not None else None
        window = f"{lost} acknowledged writes lost within {result.loss_window_s:.1f} s"
        if not may_lose:
            problems.append(f"{window}, none may be")
        elif allowed is not None and lost > allowed:
            promise = f"slo.{result.service}.lost_writes allows {allowed}"
            broken_promise = f"{window}, {promise}; what may be: {cluster.loss_bound(result.role)}"
        else:
            result.notes.append(f"{window}; bound: {cluster.loss_bound(result.role)}")
    result.cause = "; ".join(filter(None, [*problems, broken_promise]))
    result.verdict = FAILED if result.cause else PASSED
    return bool(problems)
