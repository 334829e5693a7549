"""Diagnosis around an experiment: before it, of what would stop a failover; after it, of what did."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hadrill.diagnosis import Diagnosis, Facts
from hadrill.drill.errors import InconclusiveError
from hadrill.drill.result import Result
from hadrill.inventory import NotInInventoryError
from hadrill.remote import RemoteError
from hadrill.services.abilities import Diagnosed
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster
from hadrill.services.errors import NoLeaderError
from hadrill.timing import Deadline, OverdueError, eventually

Asked = TypeVar("Asked")
HEALTHY_SECONDS = 30.0
ASKED_SECONDS = 5.0
DECIDED = (NoLeaderError, NotInInventoryError)
"""No answer went missing: the cluster, or the inventory, says so."""
PASSING_SECONDS = 5.0
"""A cause that is gone after this time was the end of something earlier, and does not count."""
LOOK_BACK_SECONDS = 5
"""Logs are read from this time before the fault on."""


def diagnosis_of(cluster: Cluster, since_seconds: int = 0, victim: str = "") -> Diagnosis | None:
    """The diagnosis of a cluster; None where its service has no rules. Raises RemoteError, asking.failures()."""
    return cluster.diagnose(since_seconds, victim) if isinstance(cluster, Diagnosed) else None


def wait_healthy(cluster: Cluster, seconds: float = HEALTHY_SECONDS) -> None:
    """Wait until a cluster is healthy: another experiment may just have ended, and Sentinels look back some seconds.

    Raises InconclusiveError with what is wrong and its cause.
    """
    try:
        eventually("a healthy cluster before the drill", cluster.why_not_healthy, Deadline(seconds))
    except OverdueError as error:
        raise refusal(cluster, error) from error


def asked_again(ask: Callable[[], Asked]) -> Asked:
    """What is asked while nothing is broken yet; again for a moment where an answer went missing, which says little.

    Raises one of failures().
    """
    deadline, answers = Deadline(ASKED_SECONDS), list[Asked]()

    def missing() -> str | None:
        try:
            answers.append(ask())
        except DECIDED:
            raise
        except failures() as error:
            if deadline.passed:
                raise
            return str(error)
        return None

    eventually("the members' answers", missing, deadline)
    return answers[0]


class Preflight:
    """A diagnosis that runs in the background while the experiment waits for its steady state."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        pool = ThreadPoolExecutor(max_workers=1)
        self._asked = pool.submit(diagnosis_of, cluster)
        pool.shutdown(wait=False)

    def check(self) -> None:
        """Raise InconclusiveError where a cause is known beforehand. Raises one of failures() too."""
        diagnosis, deadline = self._asked.result(), Deadline(PASSING_SECONDS)
        while diagnosis is not None and diagnosis.causes and not deadline.passed:
            diagnosis = diagnosis_of(self._cluster)
        if diagnosis is not None and diagnosis.causes:
            reason = f"known before anything was broken: {diagnosis.summary} (--force drills all the same)"
            raise InconclusiveError(reason, diagnosis.facts)


def refusal(cluster: Cluster, reason: object) -> InconclusiveError:
    """The error for a cluster that was not healthy to begin with, with its cause where one is known."""
    try:
        diagnosis = diagnosis_of(cluster)
    except failures(RemoteError) as error:
        return InconclusiveError(f"{reason}; no diagnosis: {error}")
    return (
        InconclusiveError(str(reason))
        if diagnosis is None
        else InconclusiveError(f"{reason}; {diagnosis.summary}", diagnosis.facts)
    )


def diagnose_failure(result: Result, cluster: Cluster, since: float, victim: str = "") -> Facts | None:
    """Put the causes of a failover that did not happen into the result, and return what the hosts said.

    `since` is on the monotonic clock. A diagnosis that fails is a note, and changes no verdict.
    """
    try:
        diagnosis = diagnosis_of(cluster, int(time.monotonic() - since) + LOOK_BACK_SECONDS, victim)
    except failures(RemoteError) as error:
        result.notes.append(f"no diagnosis: {type(error).__name__}: {error}")
        return None
    if diagnosis is None:
        return None
    result.causes = [cause.as_json() for cause in diagnosis.causes]
    if not diagnosis.causes and diagnosis.summary not in result.notes:
        result.notes.append(diagnosis.summary)
    result.notes += [f"not asked, so not judged: {line}" for line in diagnosis.silent]
    return diagnosis.facts
