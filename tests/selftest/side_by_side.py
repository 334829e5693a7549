"""Work of different clusters at the same time: each cluster has a queue, in which one piece of work follows another."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Condition
from typing import Generic, TypeVar

Result = TypeVar("Result")
ALONE_SECONDS = 900.0


class WorkQueues(Generic[Result]):
    """Pieces of work by their names, each begun as soon as its queue is free. A test waits for the one it is about."""

    def __init__(self) -> None:
        self._queues: dict[str, ThreadPoolExecutor] = {}
        self._begun: dict[str, Future[Result]] = {}

    def begin(self, queue: str, name: str, work: Callable[[], Result]) -> None:
        """Do the work once all that was begun before it in its queue is over, however that ended."""
        if queue not in self._queues:
            self._queues[queue] = ThreadPoolExecutor(max_workers=1, thread_name_prefix=queue)
        self._begun[name] = self._queues[queue].submit(work)

    def result(self, name: str) -> Result:
        """What a piece of work returned, once it is over; what it raised is raised here."""
        return self._begun[name].result()

    def close(self) -> None:
        """Begin nothing more, and wait for what is under way: it takes back what it broke."""
        for queue in self._queues.values():
            queue.shutdown(wait=False, cancel_futures=True)
        for queue in self._queues.values():
            queue.shutdown(wait=True)


class Room:
    """Where many may be at a time, or one that is alone."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._alone = False

    @contextmanager
    def entered(self, *, alone: bool) -> Iterator[None]:
        """Inside; `alone`: once all others are out, and nobody comes in meanwhile."""

        def free() -> bool:
            return not self._alone and not (alone and self._inside)

        with self._changed:
            if not self._changed.wait_for(free, ALONE_SECONDS):
                raise TimeoutError(f"no room after {ALONE_SECONDS:.0f} s: {self._inside} inside, alone: {self._alone}")
            self._inside += 1
            self._alone = alone
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._alone = False
                self._changed.notify_all()
