"""When clients count as served again, while the fault is still there."""

import time
from dataclasses import dataclass

from hadrill.faults import PARTITION, Fault
from hadrill.safety.signals import end_if_asked
from hadrill.timing import Timeline
from hadrill.workload import OK, Workload

HOLD_SECONDS = 3.0
"""Every fault is watched for at least this time: its effect may come later than the fault."""
OVERTIME_SECONDS = 20.0
"""An experiment waits this time beyond its budget, to say how much too slow the cluster was."""


@dataclass(frozen=True)
class Recovery:
    """The recovery from one fault, injected at a moment of the monotonic clock; `budget_s` is the allowed outage."""

    fault: Fault
    workload: Workload
    timeline: Timeline
    injected: float
    budget_s: float

    def why_not_served(self, since: float, hold_s: float = 0.0) -> str | None:
        """None where every lane is served, by operations that began after `since`, and `since` is `hold_s` ago."""
        end_if_asked()
        if time.monotonic() - since < hold_s:
            return "the fault is fresh"
        return self._unnoticed() or self.workload.why_not_steady(since)

    def _unnoticed(self) -> str | None:
        """Why a partition has no effect yet: clients may feel it only once the cluster acts. At most for the budget."""
        if self.fault.kind != PARTITION or time.monotonic() - self.injected > self.budget_s:
            return None
        if any(self.timeline.first(phase, self.injected) for phase in ("promote", "route")):
            return None
        felt = any(operation.outcome != OK for operation in self.workload.history.operations(since=self.injected))
        return None if felt else "nobody has noticed yet"
