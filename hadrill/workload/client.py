"""What a service provides for the workload: its clients, and which of their errors mean `certainly not done`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

OPERATION_SECONDS = 2.0
"""An operation that takes longer is given up, as an application would do: its outcome is unknown."""


@dataclass(frozen=True)
class Answer:
    """A service's answer to an operation. `server` is the member that answered; empty where nobody can say.

    `value` is what was read of a number that each write raises: a later read must not show less. `taken` is the key
    that was taken out, of services where reading takes it out.
    """

    server: str = ""
    value: int | None = None
    taken: str = ""


class WentBackError(Exception):
    """A read did not show what the service had acknowledged before."""


class Client(Protocol):
    """One connection to the entry point, used by one thread."""

    def write(self, key: str) -> Answer:
        """Store something under a key that was never used before."""

    def read(self) -> Answer:
        """Read what the writes of this workload stored. Raises WentBackError where that is gone."""

    def abort(self) -> None:
        """Make an operation that hangs in another thread fail now."""

    def close(self) -> None:
        """Close the connection."""


@dataclass(frozen=True)
class Lane:
    """Operations of one kind over connections of one kind: `write new 5432`.

    `new` opens a connection for each write and read, `pooled` keeps a few connections and replaces those that fail.
    """

    kind: str
    connection: str
    port: int
    open: Callable[[], Client]
    refused: Callable[[Exception], bool]
    seconds: float = OPERATION_SECONDS
    """When an operation of this lane is given up."""
    of: str = ""
    """Whose clients these are, where lanes of several clusters are beside each other."""

    @property
    def name(self) -> str:
        """The lane's name in reports."""
        return f"{self.kind} {self.connection} {self.port} {self.of}".rstrip()
