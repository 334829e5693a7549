"""Diagnosis around a drill: what would stop the failover is said before anything is broken, what did stop it after."""

import time
from concurrent.futures import ThreadPoolExecutor

from hadrill.drill.errors import InconclusiveError
from hadrill.drill.result import Result
from hadrill.services.cluster import Cluster
from hadrill.timing import Deadline

PASSING_SECONDS = 5.0
"""A cause that is gone after so long was the end of something else, and does not count."""
LOOK_BACK_SECONDS = 5
"""Logs are read from so long before the fault."""


class Preflight:
    """Asks in the background, while the drill waits for its steady state."""

    def __init__(self, cluster: Cluster, *, force: bool) -> None:
        self._cluster, self._force = cluster, force
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._asked = self._pool.submit(cluster.diagnose)
        self._pool.shutdown(wait=False)

    def check(self) -> None:
        """Raises InconclusiveError with a cause that is known beforehand, unless the user insists."""
        found = self._asked.result()
        if found is None or self._force:
            return
        deadline = Deadline(PASSING_SECONDS)
        while found.causes and not deadline.passed:
            again = self._cluster.diagnose()
            found = again if again is not None else found
        if found.causes:
            raise InconclusiveError(f"known before anything was broken: {found.summary} (--force drills all the same)")


def unhealthy(cluster: Cluster, reason: object) -> InconclusiveError:
    """Why a cluster was not healthy to begin with."""
    found = cluster.diagnose()
    return InconclusiveError(f"{reason}; {found.summary}" if found is not None else str(reason))


def diagnose_failure(result: Result, cluster: Cluster, since: float, victim: str = "") -> None:
    """Put the causes of a failover that did not happen into the result. `since` is on the monotonic clock."""
    found = cluster.diagnose(int(time.monotonic() - since) + LOOK_BACK_SECONDS, victim)
    if found is not None:
        result.causes = [cause.as_json() for cause in found.causes]
        result.notes.append(found.summary)
        result.notes += [f"not asked, so not judged: {line}" for line in found.silent]
