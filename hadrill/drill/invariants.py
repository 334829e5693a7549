"""The one list of what must hold, judged on the history of every experiment, whichever scenario made it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from hadrill.drill.result import Problem, Result
from hadrill.inventory.settings import Objective
from hadrill.services.abilities import Losing
from hadrill.services.cluster import Cluster
from hadrill.timing import Budget
from hadrill.workload import Invariant, Lane, Operation
from hadrill.workload.invariants import failures_noticed, late, split_brain, went_back

BOTH = (("outage_s", "at the fault"), ("return_outage_s", "at the return of the member"))
"""The two times of a lane without success, by their names in a result."""


@dataclass(frozen=True)
class Allowed:
    """How many seconds without success are allowed, and the sum that this comes from."""

    seconds: float
    source: str

    @classmethod
    def of(cls, budget: Budget) -> Self:
        """What a budget allows."""
        return cls(budget.seconds, str(budget))


@dataclass(frozen=True)
class Observed:
    """What an experiment saw of a cluster: all that is judged.

    `allowed`: how long a lane may be without success; None where clients are not to notice anything. `others`: what is
    missing of data that is not the experiment's. `left`: what the experiment left on hosts.
    """

    cluster: Cluster
    result: Result
    operations: Sequence[Operation]
    lanes: Sequence[Lane]
    allowed: Callable[[str], Allowed | None]
    shown_by: Callable[[Operation], str] = lambda _: ""
    """Reads for which this returns the same must not go back among one another."""
    since: float = 0.0
    """From when operations count, where clients are not to notice anything."""
    may_lose: bool = False
    objective: Objective | None = None
    others: str = ""
    missing: tuple[str, ...] = ()
    """Of each member that lacks acknowledged writes, how many."""
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What was violated; and notes on what may happen with such a fault, and is only worth knowing."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def judge(observed: Observed) -> Judgement:
    """Judge every invariant that applies to the cluster's service."""
    judgement = Judgement()
    for invariant, check in CHECKS.items():
        if invariant not in observed.cluster.traits.exempt:
            check(observed, judgement)
    return judgement


def _others_data(observed: Observed, judgement: Judgement) -> None:
    if observed.others:
        judgement.problems.append(Problem(observed.others, invariant=Invariant.OTHERS_DATA))


def _nothing_lost(observed: Observed, judgement: Judgement) -> None:
    result, objective = observed.result, observed.objective
    lost = result.lost or 0
    if not lost:
        return
    window = f"{lost} acknowledged writes lost within {result.loss_window_s:.1f} s"
    allowed = objective.lost_writes if objective is not None else None
    if not observed.may_lose:
        judgement.problems.append(Problem(f"{window}, none may be", observed.missing, Invariant.NOTHING_LOST))
        return
    cluster = observed.cluster
    bound = cluster.loss_bound(result.role) if isinstance(cluster, Losing) else "nothing"
    if allowed is not None and lost > allowed:
        what = f"{window}, slo.{result.service}.lost_writes allows {allowed}"
        details = (*observed.missing, f"what may be: {bound}")
        judgement.problems.append(Problem(what, details, Invariant.NOTHING_LOST, known=True))
    else:
        judgement.notes.extend([f"{window}; bound: {bound}", *observed.missing])


def _one_leader(observed: Observed, judgement: Judgement) -> None:
    if both := split_brain(observed.operations):
        judgement.problems.append(Problem(both, invariant=Invariant.ONE_LEADER))


def _never_back(observed: Observed, judgement: Judgement) -> None:
    back = went_back(observed.operations, observed.shown_by)
    if back and observed.may_lose:
        # What may be lost may have been read before.
        judgement.notes.append(back)
    elif back:
        judgement.problems.append(Problem(back, invariant=Invariant.NEVER_BACK))


def _in_time(observed: Observed, judgement: Judgement) -> None:
    if over := late(observed.operations, observed.lanes):
        judgement.problems.append(Problem(over, invariant=Invariant.IN_TIME))


def _served(observed: Observed, judgement: Judgement) -> None:
    """Each lane is served within its own time; a lane whose clients are not to notice anything has no failure."""
    over: list[tuple[float, float, str]] = []
    sums: dict[str, None] = {}
    for lane in observed.lanes:
        allowed = observed.allowed(lane.name)
        if allowed is None:
            mine = [one for one in observed.operations if one.lane == lane.name and one.start >= observed.since]
            if failures := failures_noticed(mine):
                judgement.problems.append(Problem(f"{lane.name}: {failures}", invariant=Invariant.SERVED))
            continue
        limit, source = _limit(observed, allowed)
        for name, where in BOTH:
            seconds = observed.result.lanes.get(lane.name, {}).get(name)
            if seconds is not None and seconds > limit:
                over.append((seconds, limit, f"{lane.name} {where}"))
                sums[source] = None
    if over:
        over.sort(reverse=True)
        seconds, limit, where = over[0]
        more = f" and {len(over) - 1} more" if len(over) > 1 else ""
        promised = f" (slo.{observed.result.service}.rto)" if limit == _rto(observed) else ""
        what = f"{seconds:.1f} s without success ({where}{more}), allowed {limit:.1f} s{promised}"
        details = [f"{place}: {long:.1f} s, allowed {most:.1f} s" for long, most, place in over]
        judgement.problems.append(Problem(what, (*details, *sums), Invariant.SERVED))


def _no_trace(observed: Observed, judgement: Judgement) -> None:
    if observed.left:
        judgement.problems.append(left_behind(observed.left))


def left_behind(traces: Sequence[str]) -> Problem:
    """What lies on hosts although everything was given back, each after its host's name."""
    hosts = ", ".join(dict.fromkeys(trace.partition(":")[0] for trace in traces))
    return Problem(f"it left something behind on {hosts}", tuple(traces), Invariant.NO_TRACE)


def _limit(observed: Observed, allowed: Allowed) -> tuple[float, str]:
    """Seconds and their source: the user's own promise counts where it is stricter."""
    rto = _rto(observed)
    if rto is not None and rto < allowed.seconds:
        return rto, f"allowed: slo.{observed.result.service}.rto {rto:g} s; the configuration allows {allowed.source}"
    return allowed.seconds, f"allowed: {allowed.source}"


def _rto(observed: Observed) -> float | None:
    return observed.objective.rto_seconds if observed.objective is not None else None


Check = Callable[[Observed, Judgement], None]
CHECKS: Mapping[Invariant, Check] = {
    Invariant.OTHERS_DATA: _others_data,
    Invariant.NOTHING_LOST: _nothing_lost,
    Invariant.ONE_LEADER: _one_leader,
    Invariant.NEVER_BACK: _never_back,
    Invariant.IN_TIME: _in_time,
    Invariant.SERVED: _served,
    Invariant.NO_TRACE: _no_trace,
}
