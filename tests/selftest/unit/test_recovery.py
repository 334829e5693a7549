"""When a drill may stop watching, without a cluster."""

import time
from typing import cast

import pytest

from hadrill.drill.recovery import Recovery
from hadrill.faults import BLACKHOLE, PARTITION, Fault, Kind
from hadrill.timing import Timeline
from hadrill.workload import FAIL, OK, History, Operation, Outcome, Workload


class Served:
    """Clients that are served, and felt what the history says."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.history = History()
        for outcome in outcomes:
            now = time.monotonic()
            self.history.add(Operation("k", "write new 1", now, now, outcome))

    def why_not_steady(self, _: float) -> None:
        return None


def recovery(kind: Kind, clients: Served, *, budget: float = 60.0, phase: str = "") -> Recovery:
    timeline, injected = Timeline(), time.monotonic() - 5.0
    if phase:
        timeline.add("redis-02", "something", phase)
    return Recovery(Fault("cut", kind), cast("Workload", clients), timeline, injected, budget)


def test_a_fault_is_watched_for_a_while() -> None:
    assert recovery(BLACKHOLE, Served(OK)).why_not_served(time.monotonic(), hold_s=3.0) == "the fault is fresh"
    assert recovery(BLACKHOLE, Served(OK)).why_not_served(time.monotonic() - 3.1, hold_s=3.0) is None


def test_a_partition_that_nobody_noticed_goes_on() -> None:
    assert recovery(PARTITION, Served(OK)).why_not_served(time.monotonic()) == "nobody has noticed yet"
    assert recovery(PARTITION, Served(OK), phase="detect").why_not_served(time.monotonic()) == "nobody has noticed yet"


@pytest.mark.parametrize(
    ("outcomes", "budget", "phase"),
    [((OK,), 60.0, "promote"), ((OK,), 60.0, "route"), ((OK, FAIL), 60.0, ""), ((OK,), 4.0, "")],
    ids=["promoted", "routed", "felt", "over budget"],
)
def test_a_partition_is_over_when_somebody_acted_or_felt_it(
    outcomes: tuple[Outcome, ...], budget: float, phase: str
) -> None:
    over = recovery(PARTITION, Served(*outcomes), budget=budget, phase=phase)
    assert over.why_not_served(time.monotonic()) is None
