"""Everything that a drill has seen, for those who keep it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hadrill.diagnosis import Facts
from hadrill.drill.observer import Span
from hadrill.drill.result import Result
from hadrill.remote import Remote
from hadrill.services.cluster import Cluster
from hadrill.timing import Event
from hadrill.workload import History


@dataclass(frozen=True)
class Record:
    """`moments` are the steps' beginnings and `converged`, on the monotonic clock; `spans` the members' roles.

    `facts` are what the hosts said to a diagnosis, where there was one.
    """

    folder: Path
    result: Result
    cluster: Cluster
    remote: Remote
    secrets: frozenset[str]
    lanes: Sequence[str]
    history: History
    spans: Mapping[str, Sequence[Span]]
    events: Sequence[Event]
    moments: Mapping[str, float]
    facts: Facts | None = None
