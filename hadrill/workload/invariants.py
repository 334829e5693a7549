"""What must hold whatever is broken: the names, and those that are judged from histories alone.

Each function returns what was violated, if anything.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from hadrill.workload.client import Lane, WentBackError
from hadrill.workload.history import OK, Operation

SLACK_SECONDS = 1.0
"""An operation is given up at its deadline; its thread learns of it a little later."""


class Invariant(StrEnum):
    """What holds in every experiment, in the order in which a violation is told."""

    OTHERS_DATA = "data of others stays"
    NOTHING_LOST = "nothing acknowledged is lost"
    ONE_LEADER = "one leader"
    NEVER_BACK = "reads never go back"
    IN_TIME = "operations end in time"
    SERVED = "clients are served again in time"
    NO_TRACE = "nothing is left behind"


def late(operations: Iterable[Operation], lanes: Sequence[Lane]) -> str:
    """Every operation ends by its deadline: an application that waits for ever is an outage that nobody counts.

    A connection may have to be opened first, which has the same deadline again.
    """
    allowed = {lane.name: 2 * lane.seconds + SLACK_SECONDS for lane in lanes}
    over = [operation for operation in operations if operation.end - operation.start > allowed[operation.lane]]
    if not over:
        return ""
    worst = max(over, key=lambda operation: operation.end - operation.start)
    seconds = worst.end - worst.start
    return f"{len(over)} operations ended after their deadline, {worst.key} of {worst.lane!r} after {seconds:.1f} s"


def untouched(operations: Iterable[Operation]) -> str:
    """Where nobody is to notice anything nothing fails."""
    done = list(operations)
    failed = [operation for operation in done if operation.outcome != OK]
    if not done:
        return "not one operation was made"
    if not failed:
        return ""
    return f"{len(failed)} of {len(done)} operations failed though nobody was to notice: {failed[0].error}"


def went_back(operations: Iterable[Operation], same: Callable[[Operation], str] = lambda _: "") -> str:
    """A read shows at least what a read that ended before it began has shown.

    Compared are those for which `same` says the same: of one service, or of one server where servers may be behind.
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
    """Reads that showed less than one before them, each behind the greatest of those."""
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
    """Two members that acknowledged writes in turn: both took writes as the leader. Empty where there were none.

    A member that takes over is no split brain: then all of the first one's writes end before the second one's begin.
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
            # Handed over and back again is one after the other; only taking turns more often is both at once.
            turns = Counter(_turns([w.server for w in writes if w.server in (one, other)]))
            if inside and turns[one] > 1 and turns[other] > 1:
                seconds = inside[-1].end - first[other].end
                return f"split brain: {one} and {other} both acknowledged writes for {seconds:.1f} s"
    return ""


def _turns(servers: list[str]) -> list[str]:
    return [name for number, name in enumerate(servers) if number == 0 or servers[number - 1] != name]
