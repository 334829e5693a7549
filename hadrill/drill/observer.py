"""Watches a cluster while it is broken: each member's role as the member says it, and the service's own events."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from hadrill.inventory import Host
from hadrill.services.abilities import Probed, Watched
from hadrill.services.cluster import Cluster
from hadrill.services.member import SILENT, Member
from hadrill.timing import Timeline

JOIN_SECONDS = 2.0


@dataclass(frozen=True)
class Span:
    """A member had this role from `start` on (monotonic seconds), until its next span."""

    start: float
    role: str
    leads: bool


class Observer:
    """Threads that write into one timeline, one for each member and one for each stream of events.

    `probed` gives the probes of members: the cluster, or a place that has a leader of its own.
    """

    def __init__(self, cluster: Cluster, timeline: Timeline, probed: Probed | None = None) -> None:
        self.cluster, self.timeline, self._probed = cluster, timeline, probed or cluster
        self.spans: dict[str, list[Span]] = {host.name: [] for host in cluster.members}
        self._stop = threading.Event()
        self._bugs: list[Exception] = []
        asked = [partial(self._ask, host) for host in cluster.members]
        watches = cluster.watches() if isinstance(cluster, Watched) else ()
        watched = [partial(watch, timeline, self._stop) for watch in watches]
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in [*asked, *watched]
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        end = time.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def why_not_answering(self) -> str | None:
        """Which members do not answer; None where all do. Raises what ended a thread: no answer comes after that."""
        self.raise_bugs()
        silent = [name for name, spans in self.spans.items() if not spans or spans[-1].role == SILENT.role]
        return f"{', '.join(silent)} did not answer yet" if silent else None

    def raise_bugs(self) -> None:
        """Raise what ended one of its threads: what happened after that was not seen."""
        if self._bugs:
            raise self._bugs[0]

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - probes tell silence as such; whatever they raise is a bug
            self._bugs.append(error)

    def _ask(self, host: Host) -> None:
        probe, spans = self._probed.probe(host), self.spans[host.name]
        last: Member | None = None
        while not self._stop.wait(self.cluster.traits.look_seconds):
            now = probe()
            if now != last:
                if last is not None:
                    promoted = now.leads and any(span.role != SILENT.role and not span.leads for span in spans[-2:])
                    self.timeline.add(host.name, f"{last} -> {now}", "promote" if promoted else "")
                spans.append(Span(time.monotonic(), now.role, now.leads))
                last = now
