"""What must hold whatever is broken: the names, and the functions for those that are judged from histories alone.

Each function returns a sentence about the violation; empty where there is none.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from hadrill.workload.client import Lane, WentBackError
from hadrill.workload.history import OK, Operation

SLACK_SECONDS = 1.0
"""An operation is given up at its deadline; its thread notices that a little later."""


class Invariant(StrEnum):
    """What must hold in every experiment, in the order in which violations are reported."""

    OTHERS_DATA = "data of others stays"
    NOTHING_LOST = "nothing acknowledged is lost"
    ONE_LEADER = "one leader"
    NEVER_BACK = "reads never go back"
    IN_TIME = "operations end in time"
    SERVED = "clients are served again in time"
    NO_TRACE = "nothing is left behind"


def late(operations: Iterable[Operation], lanes: Sequence[Lane]) -> str:
    """Operations that ended after their deadline: an application that waits for ever is an outage that nobody counts.

    A connection may have to be opened first, for which the same time is allowed again.
    """
    allowed = {lane.name: 2 * lane.seconds + SLACK_SECONDS for lane in lanes}
    over = [operation for operation in operations if operation.end - operation.start > allowed[operation.lane]]
    if not over:
        return ""
    worst = max(over, key=lambda operation: operation.end - operation.start)
    seconds = worst.end - worst.start
    return f"{len(over)} operations ended after their deadline, {worst.key} of {worst.lane!r} after {seconds:.1f} s"


def failures_noticed(operations: Iterable[Operation]) -> str:
    """Where nobody is to notice anything nothing fails."""
    done = list(operations)
    failed = [operation for operation in done if operation.outcome != OK]
    if not done:
        return "not one operation was made"
    if not failed:
        return ""
    return f"{len(failed)} of {len(done)} operations failed though nobody was to notice: {failed[0].error}"


def went_back(operations: Iterable[Operation], same: Callable[[Operation], str] = lambda _: "") -> str:
    """Reads that showed less than a read that had ended before they began.

    Reads are compared where `same` returns the same: all of a service, or those of one server where servers may lag.
    """
    done = list(operations)
    gone = [operation for operation in done if operation.failure == WentBackError.__name__]
    if gone:
        return f"reads went back {len(gone)} times: {gone[0].error}"
    reads: dict[str, list[Operation]] = {}
    for operation in done:
        if operation.outcome == OK and operation.value is not None:
            reads.setdefault(same(operation), []).append(operation)
    back = [pair for group in reads.values() for pair in _smaller_than_before(group)]
    if not back:
        return ""
    before, now = max(back, key=lambda pair: (pair[0].value or 0) - (pair[1].value or 0))
    servers = f"{now.server} after {before.server}" if now.server != before.server else now.server
    return f"reads went back {len(back)} times: {before.value} was read, then {now.value} ({servers})"


def _smaller_than_before(reads: Sequence[Operation]) -> list[tuple[Operation, Operation]]:
    """Pairs of a read that showed less than one before it, and before that the greatest one of those."""
    back, greatest = [], None
    waiting = [(read.end, number) for number, read in enumerate(reads)]
    heapq.heapify(waiting)
    for read in sorted(reads, key=lambda read: read.start):
        while waiting and waiting[0][0] < read.start:
            ended = reads[heapq.heappop(waiting)[1]]
            greatest = ended if greatest is None or (ended.value or 0) > (greatest.value or 0) else greatest
        if greatest is not None and (read.value or 0) < (greatest.value or 0):
            back.append((greatest, read))
    return back


def split_brain(operations: Iterable[Operation]) -> str:
    """Two members that acknowledged writes by turns: both took writes as the leader.

    A takeover is no split brain: then all writes of the first member end before those of the second begin.
    """
    writes = sorted(
        (write for write in operations if write.writes and write.outcome == OK and write.server), key=lambda o: o.end
    )
    first: dict[str, Operation] = {}
    last: dict[str, Operation] = {}
    for write in writes:
        first.setdefault(write.server, write)
        last[write.server] = write
    names = sorted(first, key=lambda server: first[server].end)
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            inside = [w for w in writes if w.server == one and first[other].end < w.start and w.end < last[other].start]
            # To hand over and back again is one after the other; only more turns than that mean both at once.
            turns = Counter(_turns([w.server for w in writes if w.server in (one, other)]))
            if inside and turns[one] > 1 and turns[other] > 1:
                seconds = inside[-1].end - first[other].end
                return f"split brain: {one} and {other} both acknowledged writes for {seconds:.1f} s"
    return ""


def _turns(servers: list[str]) -> list[str]:
    return [name for number, name in enumerate(servers) if number == 0 or servers[number - 1] != name]
