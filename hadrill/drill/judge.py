"""From what was measured to a verdict."""

from collections import Counter
from collections.abc import Iterable

from hadrill.drill.result import FAILED, PASSED, Result
from hadrill.inventory.settings import Objective
from hadrill.services.cluster import Cluster
from hadrill.workload import OK, Operation


def judge(
    result: Result, cluster: Cluster, objective: Objective | None, problems: list[str], *, may_lose: bool
) -> None:
    """Set verdict and cause. `problems` were met on the way: never recovered, not converged, split brain.

    `may_lose`: whether acknowledged writes may be lost with such a fault.
    """
    problems = list(problems)
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
        if allowed is not None and lost > allowed:
            problems.append(f"{lost} acknowledged writes lost, slo.{result.service}.lost_writes allows {allowed}")
        elif not may_lose:
            problems.append(f"{lost} acknowledged writes lost, none may be")
        else:
            window = f"{lost} acknowledged writes lost within {result.loss_window_s:.1f} s"
            result.notes.append(f"{window}; bound: {cluster.loss_bound(result.role)}")
    result.verdict = FAILED if problems else PASSED
    result.cause = "; ".join(problems)


def split_brain(operations: Iterable[Operation]) -> str:
    """Two members that acknowledged writes in turn: both took writes as the leader. Empty where there were none.

    A member that takes over is no split brain: then all of the first one's writes end before the second one's begin.
    """
    writes = sorted(
        (each for each in operations if each.writes and each.outcome == OK and each.server), key=lambda o: o.end
    )
    first: dict[str, Operation] = {}
    last: dict[str, Operation] = {}
    for each in writes:
        first.setdefault(each.server, each)
        last[each.server] = each
    names = sorted(first, key=lambda server: first[server].end)
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            inside = [w for w in writes if w.server == one and first[other].end < w.start and w.end < last[other].start]
            # Handed over and back again is one after the other; only taking turns more often is both at once.
            turns = Counter(_turns([w.server for w in writes if w.server in (one, other)]))
            if inside and turns[one] > 1 and turns[other] > 1:
                seconds = inside[-1].end - first[other].end
                return f"split brain: {one} and {other} both acknowledged writes for {seconds:.1f} s"
    return ""


def _turns(servers: list[str]) -> list[str]:
    return [name for number, name in enumerate(servers) if number == 0 or servers[number - 1] != name]
