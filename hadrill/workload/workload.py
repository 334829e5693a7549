"""Runs lanes of operations at a set rate until it is stopped."""

import gc
import math
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from types import TracebackType
from typing import Self

from hadrill.timing import POLL
from hadrill.workload.bug import is_own_bug
from hadrill.workload.client import OPERATION_SECONDS, Answer, Client, Lane
from hadrill.workload.history import FAIL, OK, UNKNOWN, History, Operation

DEFAULT_RATE = 20.0
"""Operations a second of each lane."""
POOL = 8
"""Connections of a pooled lane."""
STEADY_SECONDS = 1.0
"""A lane that succeeded for this long without a failure is steady."""
FINISH_SECONDS = 2.0
"""At the end, an operation in flight has this long to finish before its connection is aborted."""
USUAL = 0.6
"""The share of its rate that a lane must reach to count as steady."""


class _Turns:
    """The moments at which operations of a lane begin. Missed moments are not made up for."""

    def __init__(self, interval: float) -> None:
        self._interval, self._next, self._lock = interval, time.monotonic(), threading.Lock()
        self._numbers = count()

    def take(self) -> float:
        with self._lock:
            moment = max(self._next, time.monotonic())
            self._next = moment + self._interval
            return moment

    def even(self) -> bool:
        """True at every other call."""
        return next(self._numbers) % 2 == 0


class Workload:
    """Operations of several lanes, in threads, so that one that hangs delays no other.

    Lanes with new connections have as many threads as operations can hang at once, so that an operation begins at every
    turn, whatever became of those before it. `experiment` begins the keys that are written.
    """

    def __init__(self, experiment: str, lanes: Sequence[Lane], rate: float = DEFAULT_RATE) -> None:
        self.experiment, self.lanes, self.rate = experiment, tuple(lanes), rate
        self.history = History()
        self._stop, self._ended = threading.Event(), threading.Event()
        self._last = math.inf  # no operation goes on after this moment
        self._numbers = count(1)
        self._in_flight: dict[int, tuple[Client, float]] = {}  # by thread: what it uses, and until when
        self._threads: list[threading.Thread] = []
        self._bugs: list[Exception] = []

    def __enter__(self) -> Self:
        groups: dict[tuple[str, int, str], list[Lane]] = {}
        for lane in self.lanes:
            groups.setdefault((lane.connection, lane.port, lane.of), []).append(lane)
        for (connection, _, _), lanes in groups.items():
            turns = _Turns(1 / self.rate)
            hanging = int(self.rate * lanes[0].seconds * 1.2) + 4
            number = POOL if connection == "pooled" and lanes[0].seconds <= OPERATION_SECONDS else hanging
            for _ in range(number):
                self._threads.append(threading.Thread(target=self._work, args=(lanes, turns), daemon=True))
        for thread in self._threads:
            thread.start()
        threading.Thread(target=self._give_up_late_ones, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End it. Operations in flight have FINISH_SECONDS to finish; then writes end as unknown, reads as failed."""
        self._stop.set()
        self._last = time.monotonic() + FINISH_SECONDS
        end = time.monotonic() + 2 * max(lane.seconds for lane in self.lanes)
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._ended.set()
        # Drivers' errors and failed connections refer to each other: until Python collects them their sockets stay
        # open.
        gc.collect()

    def why_not_steady(self, since: float, seconds: float = STEADY_SECONDS) -> str | None:
        """None where every lane has succeeded at its usual rate, without a failure, for the last `seconds`.

        Only what began after `since` counts. Otherwise says which lane does not, and its last error.
        Raises a bug of hadrill's own that an operation met.
        """
        self.raise_bugs()
        now = time.monotonic()
        if now - since < seconds:
            return "it has only begun"
        for lane in self.lanes:
            done = [made for made in self.history.operations(lane.name, now - seconds) if made.start >= since]
            failed = [made for made in done if made.outcome != OK]
            if failed:
                return f"{lane.name} fails: {failed[-1].error}"
            if len(done) < USUAL * self.rate * seconds:
                return f"{lane.name} made {len(done)} operations in {seconds:g} s"
        return None

    def raise_bugs(self) -> None:
        """Raise a bug of hadrill's own that an operation met: its outcome says nothing about the cluster."""
        if self._bugs:
            raise self._bugs[0]

    def _work(self, lanes: Sequence[Lane], turns: _Turns) -> None:
        """Make operations of lanes that share a connection, as they have the same kind of it and the same port.

        Connections cost more than operations. Each lane is first at every other turn, so that none always has to wait
        for one that hangs.
        """
        client: Client | None = None
        while not self._stop.wait(max(0.0, turns.take() - time.monotonic())):
            for lane in lanes if turns.even() else reversed(lanes):
                client = self._operate(lane, client)
            if client is not None and lanes[0].connection == "new":
                self._part_with(client.close)
                client = None
        if client is not None:
            self._part_with(client.close)

    def _operate(self, lane: Lane, client: Client | None) -> Client | None:
        """Make one operation; returns the connection where it can be used again."""
        key = f"{self.experiment}-{next(self._numbers)}"
        me, answer, error, failure, outcome = threading.get_ident(), Answer(), "", "", OK
        start = time.monotonic()
        try:
            if client is None:
                client = lane.open()
            self._in_flight[me] = (client, start + lane.seconds)
            answer = client.write(key) if lane.kind == "write" else client.read()
        except Exception as problem:  # noqa: BLE001 - whatever a driver raises is an outcome of the operation
            certain = client is None or lane.kind == "read" or self._refused(lane, problem)
            outcome, failure = FAIL if certain else UNKNOWN, type(problem).__name__
            self._blame(problem)
            error = f"{failure}: {problem}".splitlines()[0]
        finally:
            self._in_flight.pop(me, None)
        result = (outcome, answer.server, error[:200], answer.value, answer.taken, failure)
        self.history.add(Operation(key, lane.name, start, time.monotonic(), *result))
        # A connection that failed is thrown away, whatever the reason.
        if client is not None and outcome != OK:
            self._part_with(client.close)
            return None
        return client

    def _refused(self, lane: Lane, problem: Exception) -> bool:
        try:
            return lane.refused(problem)
        except Exception as error:  # noqa: BLE001 - it only looks at an error: whatever it raises is a bug
            self._bugs.append(error)
            return False

    def _part_with(self, end: Callable[[], None]) -> None:
        """Close or abort a connection. What its driver raises changes nothing, unless it is a bug of hadrill's own."""
        try:
            end()
        except Exception as problem:  # noqa: BLE001 - nothing more is asked of it
            self._blame(problem)

    def _blame(self, problem: Exception) -> None:
        if is_own_bug(problem):
            self._bugs.append(problem)

    def _give_up_late_ones(self) -> None:
        while not self._ended.wait(POLL):
            now = time.monotonic()
            for client, until in list(self._in_flight.values()):
                if min(until, self._last) < now:
                    self._part_with(client.abort)
