"""What was seen of a Kubernetes node's loss, for checks to judge."""

import math
import time
from dataclasses import dataclass, field
from typing import Any

from hadrill.drill.errors import DrillFailedError
from hadrill.inventory import Host
from hadrill.services.kubernetes.backends import Round
from hadrill.services.kubernetes.budget import Timers
from hadrill.timing import Budget

POWER_OFF, CORDON = "power-off", "cordon"
"""What happens to nodes."""


@dataclass
class Seen:
    """What was waited for: seconds after the fault (or the return), or why it did not come."""

    seconds: float = 0.0
    problem: str = ""
    causes: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        return self.problem or f"after {self.seconds:.1f} s"


@dataclass
class Loss:
    """One node's loss. Times are monotonic."""

    victim: Host
    role: str
    timers: Timers
    fault: str = POWER_OFF
    in_etcd: bool = False
    """Whether it led etcd when it began."""
    rto: float = math.inf
    """Seconds that settings.yaml promises, where it promises any."""
    began: float = 0.0
    healed: float = 0.0
    seen: dict[str, Seen] = field(default_factory=dict)
    outages: dict[str, float] = field(default_factory=dict)
    """Seconds without a success by lane."""
    failed: dict[str, int] = field(default_factory=dict)
    """Operations that did not succeed, by lane."""
    lost: int = 0
    backends: list[Round] = field(default_factory=list)
    """What pods on the nodes saw of the data services."""
    remaining: tuple[str, ...] = ()
    """Every node but the victim."""
    services: dict[str, Seen] = field(default_factory=dict)
    """Why data services did not serve pods, of those that did not."""

    def __str__(self) -> str:
        return f"{self.victim} ({self.role}{', of etcd too' if self.in_etcd else ''}), {self.fault}"

    @property
    def causes(self) -> tuple[dict[str, Any], ...]:
        """Those that were named first, when something did not come in time."""
        return next((each.causes for each in self.seen.values() if each.causes), ())

    def require(self, name: str) -> Seen:
        """What was seen. Raises DrillFailedError with why it was not."""
        found = self.seen[name]
        if found.problem:
            raise DrillFailedError(f"{self}: {name}: {found.problem}", found.causes)
        return found

    def require_promised(self, name: str) -> Seen:
        """What was seen, as soon as settings.yaml promises. Raises DrillFailedError."""
        found = self.require(name)
        if found.seconds > self.rto:
            raise DrillFailedError(f"{self}: {name} {found}; slo.kubernetes.rto promises {self.rto:g} s")
        return found

    def require_outage(self, lanes: str, allowed: Budget) -> None:
        """Clients whose lanes begin so were served again in time. Raises DrillFailedError."""
        counted = {lane: seconds for lane, seconds in self.outages.items() if lane.startswith(lanes)}
        limit = min(allowed.seconds, self.rto)
        late = [f"{lane}: {seconds:.1f} s" for lane, seconds in counted.items() if seconds > limit]
        if late or not counted:
            what = "; ".join(late) or f"no lane {lanes!r}"
            promised = f"slo.kubernetes.rto {self.rto:g} s, and " if self.rto < allowed.seconds else ""
            raise DrillFailedError(f"{self}: without success {what}; allowed {promised}{allowed}", self.causes)

    def require_kept(self) -> None:
        """Every server has all that was acknowledged. Raises DrillFailedError."""
        self.require("read back")
        if self.lost:
            raise DrillFailedError(f"{self}: {self.lost} acknowledged writes are lost", self.causes)

    def require_unnoticed(self, lane: str) -> None:
        """Not one operation of a lane failed. Raises DrillFailedError."""
        if self.failed[lane]:
            raise DrillFailedError(f"{self}: {lane}: {self.failed[lane]} failed", self.causes)

    def require_backend(self, name: str) -> None:
        """Every remaining node's pod used a data service during the loss and after it. Raises DrillFailedError."""
        problems = self.unserved(name)
        if problems or not self.remaining:
            why = self.services.get(name, Seen())
            said = "; ".join([*(problems or ["no pods"]), *filter(None, [why.problem])])
            raise DrillFailedError(f"{self}: {name}: {said}", why.causes)

    def unserved(self, name: str) -> list[str]:
        """What pods of the remaining nodes missed of a data service; empty where they used it all the while."""
        offset = time.time() - time.monotonic()
        began, healed = self.began + offset, self.healed + offset
        problems = []
        for node in self.remaining:
            mine = [each for each in self.backends if each.node == node and each.at >= began]
            problems += [f"{node}: {each.said[name]}" for each in mine if each.said[name] != "ok"][:1]
            during = sum(each.at < healed for each in mine)
            if during == 0 or during == len(mine):
                problems.append(f"{node}: {during} round trips during the loss, {len(mine) - during} after it")
        return problems
