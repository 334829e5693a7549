"""Confirmed publishing to a quorum queue and taking out of it, at the entry point."""

import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from hadrill.inventory import Host
from hadrill.services.asking import failures
from hadrill.services.member import Probe
from hadrill.services.place import Place
from hadrill.services.rabbitmq.probe import probe, queue_state
from hadrill.services.rabbitmq.service import PORT, Rabbitmq
from hadrill.timing import Deadline, OverdueError, eventually
from hadrill.workload import OK, OPERATION_SECONDS, Answer, History, Lane

EXPIRES_MS = 3600000
RETURN_SECONDS = 5.0
ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-expires": EXPIRES_MS,
    # A message that is delivered again and again must not be dropped: that would look like a loss.
    "x-delivery-limit": -1,
    "x-queue-leader-locator": "client-local",
}
PERSISTENT = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)


def queue_of(experiment: str) -> str:
    """The experiment's queue."""
    return f"hadrill.drill.{experiment}"


def declare(service: Rabbitmq, leader: Host, queue: str) -> None:
    """Make the queue through the node that is to lead it."""
    connection = service.connect(leader.address)
    try:
        connection.channel().queue_declare(queue, durable=True, arguments=ARGUMENTS)
    finally:
        connection.close()


def remove(service: Rabbitmq, queue: str) -> None:
    """Delete the queue."""
    connection = service.connect(service.entry_point)
    try:
        connection.channel().queue_delete(queue)
    finally:
        connection.close()


def drained(service: Rabbitmq, host: Host, queue: str, acknowledged: set[str]) -> set[str]:
    """Everything that a node delivers; it goes back into the queue when the connection closes.

    What others held goes back a moment after their connection closed: a queue that seems empty is asked again until
    all that was acknowledged has come, or `RETURN_SECONDS` are over.
    """
    connection = service.connect(host.address)
    delivered: set[str] = set()
    try:
        channel = connection.channel()

        def missing() -> str | None:
            while (got := channel.basic_get(queue))[0] is not None:
                delivered.add(got[2].decode())
            return f"{len(acknowledged - delivered)} messages" if acknowledged - delivered else None

        with suppress(OverdueError):
            eventually(f"{host} to deliver what was acknowledged", missing, Deadline(RETURN_SECONDS))
        return delivered
    finally:
        connection.close()


def lanes(service: Rabbitmq, queue: str) -> Sequence[Lane]:
    """Publishing and taking out, over new and pooled connections."""
    return [
        Lane(kind, connection, PORT, lambda: RabbitmqClient(service, queue), refused)
        for kind in ("write", "read")
        for connection in ("new", "pooled")
    ]


def refused(error: Exception) -> bool:
    """The broker refused the message, or could put it into no queue."""
    return isinstance(error, pika.exceptions.NackError | pika.exceptions.UnroutableError)


class RabbitmqClient:
    """One connection with one channel in confirm mode. It is opened by the first operation, which can be aborted."""

    def __init__(self, service: Rabbitmq, queue: str) -> None:
        self._queue = queue
        self._connection = service.connect(service.entry_point, seconds=OPERATION_SECONDS)
        self._opened: BlockingChannel | None = None

    @property
    def _channel(self) -> BlockingChannel:
        if self._opened is None:
            channel = self._connection.channel()
            channel.confirm_delivery()
            self._opened = channel
        return self._opened

    def write(self, key: str) -> Answer:
        """Publish; returns when a majority of the queue's members has the message."""
        self._channel.basic_publish("", self._queue, key.encode(), PERSISTENT, mandatory=True)
        return Answer()

    def read(self) -> Answer:
        """Take one message out and acknowledge it; the queue may be empty."""
        method, _, body = self._channel.basic_get(self._queue)
        if method is None:
            return Answer()
        self._channel.basic_ack(method.delivery_tag)
        return Answer(taken=str(body.decode()))

    def abort(self) -> None:
        """Shut down its socket: pika itself has no deadline for a confirm."""
        transport = getattr(self._connection._impl, "_transport", None)
        own = getattr(transport, "_sock", None)
        if own is not None:
            with suppress(OSError):
                own.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection without waiting for an answer that may never come."""
        with suppress(Exception):
            if self._connection.is_open:
                self._connection.close()


class RabbitmqPlace(Place):
    """A quorum queue, led by the node through which it was declared until another is elected."""

    # What one reader takes out is not there for the others until its connection has closed.
    reads_at_once: ClassVar[bool] = False

    def __init__(self, service: Rabbitmq, name: str, leader: Host) -> None:
        self._rabbitmq, self._queue, self._first = service, queue_of(name), leader

    @property
    def lanes(self) -> Sequence[Lane]:
        """Confirmed publishing, and taking out."""
        return lanes(self._rabbitmq, self._queue)

    @property
    def readers(self) -> tuple[Host, ...]:
        """Every node."""
        return self._rabbitmq.members

    def make(self) -> None:
        """Declare the queue through the node that is to lead it."""
        declare(self._rabbitmq, self._first, self._queue)

    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """What was taken out, and what this node still delivers."""
        taken = taken_out(history).keys()
        return taken | drained(self._rabbitmq, host, self._queue, acknowledged - taken)

    def clean(self) -> None:
        """Delete the queue."""
        remove(self._rabbitmq, self._queue)

    def duplicates(self, history: History) -> int:
        """Messages that were taken out more than once."""
        return sum(number - 1 for number in taken_out(history).values())

    def probe(self, host: Host) -> Probe:
        """The queue as this node sees it."""
        return probe(self._rabbitmq, host, self._queue)

    def why_not_healthy(self) -> str | None:
        """Which node does not see every member of the queue online."""
        nodes = self._rabbitmq.members
        try:
            for host in nodes:
                online = len(queue_state(self._rabbitmq, host, self._queue).get("online", ()))
                if online != len(nodes):
                    return f"{host} sees {online} of {len(nodes)} members of the queue online"
        except failures() as error:
            return str(error)
        return None


def taken_out(history: History) -> Counter[str]:
    """Keys that readers took out of the queue, and how often."""
    return Counter(one.taken for one in history.operations() if not one.writes and one.outcome == OK and one.taken)
