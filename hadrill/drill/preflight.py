"""Diagnosis around a drill: what would stop the failover is said before anything is broken, what did stop it after."""

import time
from concurrent.futures import ThreadPoolExecutor

from hadrill.diagnosis import Facts
from hadrill.drill.errors import InconclusiveError
from hadrill.drill.result import Result
from hadrill.remote import RemoteError
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster
from hadrill.timing import Deadline, OverdueError, eventually

HEALTHY_SECONDS = 30.0
PASSING_SECONDS = 5.0
"""A cause that is gone after so long was the end of something else, and does not count."""
LOOK_BACK_SECONDS = 5
"""Logs are read from so long before the fault."""


def wait_healthy(cluster: Cluster, seconds: float = HEALTHY_SECONDS) -> None:
    """A moment ago another drill may have ended: Sentinels and checks look back some seconds.

    Raises InconclusiveError with what is wrong and its cause.
    """
    try:
        eventually("a healthy cluster before the drill", cluster.unhealthy, Deadline(seconds))
    except OverdueError as error:
        raise unhealthy(cluster, error) from error


class Preflight:
    """Asks in the background, while the drill waits for its steady state."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        pool = ThreadPoolExecutor(max_workers=1)
        self._asked = pool.submit(cluster.diagnose)
        pool.shutdown(wait=False)

    def check(self) -> None:
        """Raises InconclusiveError with a cause that is known beforehand, or one of failures()."""
        found, deadline = self._asked.result(), Deadline(PASSING_SECONDS)
        while found is not None and found.causes and not deadline.passed:
            found = self._cluster.diagnose()
        if found is not None and found.causes:
            reason = f"known before anything was broken: {found.summary} (--force drills all the same)"
            raise InconclusiveError(reason, found.facts)


def unhealthy(cluster: Cluster, reason: object) -> InconclusiveError:
    """Why a cluster was not healthy to begin with."""
    try:
        found = cluster.diagnose()
    except failures(RemoteError) as error:
        return InconclusiveError(f"{reason}; no diagnosis: {error}")
    return (
        InconclusiveError(str(reason))
        if found is None
        else InconclusiveError(f"{reason}; {found.summary}", found.facts)
    )


def diagnose_failure(result: Result, cluster: Cluster, since: float, victim: str = "") -> Facts | None:
    """Put the causes of a failover that did not happen into the result, and return what the hosts said.

    `since` is on the monotonic clock. The verdict stands without them: a diagnosis that fails is a note.
    """
    try:
        found = cluster.diagnose(int(time.monotonic() - since) + LOOK_BACK_SECONDS, victim)
    except failures(RemoteError) as error:
        result.notes.append(f"no diagnosis: {type(error).__name__}: {error}")
        return None
    if found is None:
        return None
    result.causes = [cause.as_json() for cause in found.causes]
    if not found.causes and found.summary not in result.notes:
        result.notes.append(found.summary)
    result.notes += [f"not asked, so not judged: {line}" for line in found.silent]
    return found.facts
