"""Every operation of a workload, kept as JSON lines."""

import json
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of an operation: done, certainly not done, or nobody can say."""

    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


OK, FAIL, UNKNOWN = Outcome.OK, Outcome.FAIL, Outcome.UNKNOWN


@dataclass(frozen=True)
class Operation:
    """One operation: its key, its lane, monotonic start and end, what became of it, and what was answered.

    `error` is the text of the exception that ended it, `failure` the name of that exception's class.
    """

    key: str
    lane: str
    start: float
    end: float
    outcome: Outcome
    server: str = ""
    error: str = ""
    value: int | None = None
    taken: str = ""
    failure: str = ""

    @property
    def writes(self) -> bool:
        """Whether it is a write."""
        return self.lane.startswith("write")


class History:
    """Operations in the order in which they ended; safe to read while a workload adds to it."""

    def __init__(self) -> None:
        self._operations: list[Operation] = []
        self._lock = threading.Lock()

    def add(self, operation: Operation) -> None:
        """Add an operation that has just ended."""
        with self._lock:
            self._operations.append(operation)

    def operations(self, lane: str = "", since: float = 0.0) -> list[Operation]:
        """Operations of a lane (of all where none is named) that ended at `since` or later."""
        with self._lock:
            newest_first = []
            # The newest stand last: a look at the last second must not go through the whole history.
            for operation in reversed(self._operations):
                if operation.end < since:
                    break
                if not lane or operation.lane == lane:
                    newest_first.append(operation)
        return newest_first[::-1]

    def acknowledged(self) -> set[str]:
        """Keys of writes that the service acknowledged."""
        return {operation.key for operation in self.operations() if operation.writes and operation.outcome == OK}

    def count(self, outcome: Outcome) -> int:
        """How many writes had this outcome."""
        return sum(operation.writes and operation.outcome == outcome for operation in self.operations())

    def as_lines(self, zero: float) -> str:
        """One JSON object a line; times are seconds after `zero`, the moment of the fault."""
        return "".join(
            json.dumps(asdict(row) | {"start": round(row.start - zero, 4), "end": round(row.end - zero, 4)}) + "\n"
            for row in self.operations()
        )
