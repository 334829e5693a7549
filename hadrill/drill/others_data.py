"""Data of others on the members that a drill breaks: counted before and after, where the service can count it."""

import time
from concurrent.futures import ThreadPoolExecutor

from hadrill.drill.result import Result
from hadrill.inventory import Host
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster
from hadrill.services.guarded import Counts, Foreign, Guarded, why_less


class OthersData:
    """Three looks: before anything is written, in the steady state, and after the drill has cleaned up."""

    def __init__(self, cluster: Cluster, result: Result) -> None:
        self._cluster, self._result = cluster, result
        self._before: Counts = {}
        self._steady: Counts = {}
        self._began = 0.0
        self.problem = ""

    def before(self) -> None:
        """The first look."""
        self._began, self._before = time.monotonic(), self._look()

    def steady(self) -> None:
        """The second one says whether the data stands still without the drill."""
        self._steady = self._look()

    def after(self) -> None:
        """The last look, and what is missing."""
        if not self._before:
            return
        after = self._look()
        self.problem = why_less(self._before, self._steady, after, time.monotonic() - self._began)
        both = [(self._before[name].total, count.total) for name, count in after.items() if name in self._before]
        if both:
            before, now = min(both, key=lambda pair: pair[1] - pair[0])
            self._result.foreign_before, self._result.foreign_after = before, now

    def _look(self) -> Counts:
        cluster = self._cluster
        if not isinstance(cluster, Guarded):
            return {}

        def count(host: Host) -> Foreign | None:
            try:
                return cluster.foreign(host)
            except failures() as error:
                self._result.notes.append(f"{host}: data of others is not counted: {error}")
                return None

        with ThreadPoolExecutor(max_workers=len(cluster.members)) as pool:
            counts = list(pool.map(count, cluster.members))
        return {host.name: each for host, each in zip(cluster.members, counts, strict=True) if each is not None}
