"""Everything that was seen during an experiment, on one monotonic clock."""

import threading
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """Something seen at a moment (monotonic seconds, when the runner learned of it).

    `source` is a host, or `drill`; `phase` names the phase of a failover that this event ends; empty where it ends
    none.
    """

    at: float
    source: str
    text: str
    phase: str = ""


@dataclass
class Timeline:
    """Events of many threads, in the order in which they were seen."""

    events: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, source: str, text: str, phase: str = "") -> Event:
        """Write down what was seen just now."""
        with self._lock:
            event = Event(time.monotonic(), source, text, phase)
            self.events.append(event)
        return event

    def first(self, phase: str, since: float) -> Event | None:
        """The first event that ended a phase at `since` or later."""
        with self._lock:
            return next((event for event in self.events if event.phase == phase and event.at >= since), None)
