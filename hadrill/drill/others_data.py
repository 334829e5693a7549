"""Data of others on the members that an experiment breaks: counted before and after, where the service can count it."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from hadrill.drill.errors import InconclusiveError
from hadrill.drill.result import Result
from hadrill.inventory import Host
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster
from hadrill.services.guarded import Counts, Foreign, Guarded, why_less
from hadrill.timing import Deadline, OverdueError, eventually

COUNT_SECONDS = 15.0
"""A member that was counted before has so long to be counted at the end: it may have come back only now."""


class OthersData:
    """Counts it three times: before anything is written, in the steady state, and after the experiment cleaned up.

    `beside`: it is that of another cluster on the same hosts, whose name is told with what is missing.
    """

    def __init__(self, cluster: Cluster, result: Result, *, beside: bool = False) -> None:
        self._cluster, self._result = cluster, result
        self._is_beside, self._name = beside, f"{cluster.label}, on the same hosts: " if beside else ""
        self._beside: tuple[OthersData, ...] = ()
        self._before: Counts = {}
        self._steady: Counts = {}
        self._began = self._looked = 0.0
        self._problem = self._unsaid = ""

    @property
    def problem(self) -> str:
        """What is missing at the end; empty where nothing is."""
        own = f"{self._name}{self._problem}" if self._problem else ""
        return "; ".join(filter(None, [own, *(other.problem for other in self._beside)]))

    @property
    def unsaid(self) -> str:
        """A sentence about members whose data could not be counted at the end; empty where there are none."""
        own = f"{self._name}{self._unsaid}" if self._unsaid else ""
        return "; ".join(filter(None, [own, *(other.unsaid for other in self._beside)]))

    def also(self, clusters: Iterable[Cluster]) -> None:
        """Count that of other clusters on the same hosts too."""
        self._beside = tuple(OthersData(cluster, self._result, beside=True) for cluster in clusters)

    def before(self, force: bool = False) -> None:
        """Count first. Raises InconclusiveError where no member can be counted, unless by force."""
        for other in self._beside:
            other.before(force)

        def uncounted() -> str | None:
            self._began, self._before = time.monotonic(), self._look()
            return None if self._before or not isinstance(self._cluster, Guarded) else "none"

        try:
            eventually("a member whose data of others can be counted", uncounted, Deadline(COUNT_SECONDS))
        except OverdueError as error:
            if not force:
                reason = "data of others cannot be counted on any member (--force drills all the same)"
                raise InconclusiveError(f"refused, {self._name}{reason}") from error

    def steady(self) -> None:
        """Count again: this says whether others change the data meanwhile."""
        for other in self._beside:
            other.steady()
        self._looked, self._steady = time.monotonic(), self._look()

    def after(self) -> None:
        """Count last, and say what is missing."""
        for other in self._beside:
            other.after()
        if not self._before:
            return
        after = self._last_look()
        between, seconds = max(0.0, self._looked - self._began), time.monotonic() - self._began
        self._problem = why_less(self._before, self._steady, after, between, seconds)
        both = [(self._before[name].total, count.total) for name, count in after.items() if name in self._before]
        if both and not self._is_beside:
            before, now = min(both, key=lambda pair: pair[1] - pair[0])
            self._result.foreign_before, self._result.foreign_after = before, now

    def _last_look(self) -> Counts:
        """Count every member that held something, waiting for those that do not answer yet."""
        after: dict[str, Foreign] = {}

        def uncounted() -> str | None:
            after.update(self._look())
            away = [
                f"{name} held {count.total:,} {count.what} before"
                for name, count in self._before.items()
                if count.total and name not in after
            ]
            return ", ".join(away) or None

        try:
            eventually("data of others to be counted", uncounted, Deadline(COUNT_SECONDS))
        except OverdueError as error:
            away = f"{error.last}, and cannot be counted now"
            self._unsaid = f"nobody can say whether data of others is all there: {away}"
        return after

    def _look(self) -> Counts:
        cluster = self._cluster
        if not isinstance(cluster, Guarded):
            return {}

        def count(host: Host) -> Foreign | None:
            try:
                return cluster.foreign(host)
            except failures() as error:
                note = f"{host}: data of others is not counted: {error}"
                if note not in self._result.notes:
                    self._result.notes.append(note)
                return None

        with ThreadPoolExecutor(max_workers=len(cluster.members)) as pool:
            counts = list(pool.map(count, cluster.members))
        return {
            host.name: counted for host, counted in zip(cluster.members, counts, strict=True) if counted is not None
        }
