"""The place of a workload: the table, keys, queue or bucket that one experiment writes to, and reads back."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Protocol, runtime_checkable

from hadrill.inventory import Host
from hadrill.workload import History, Lane, Operation

STALE_SECONDS = 3600.0
"""What a killed run left is older than any experiment lasts then; a younger one may be another run's, at work."""


class Place(ABC):
    """Its name is the experiment's. Everything may be asked of it at any time; `make` comes before clients work.

    A place that has a leader and a health of its own, as a quorum queue, is Probed too (services/abilities.py).
    """

    reads_at_once: ClassVar[bool] = True
    """Whether its readers may be asked at the same time."""

    @property
    @abstractmethod
    def lanes(self) -> Sequence[Lane]:
        """The workload's operations at the entry point."""

    @property
    @abstractmethod
    def readers(self) -> tuple[Host, ...]:
        """Members whose data is compared with what was acknowledged."""

    @abstractmethod
    def make(self) -> None:
        """Make it, and remove what killed runs left long ago. Raises one of asking.failures(), OverdueError."""

    @abstractmethod
    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """Those of the acknowledged keys that a member has. Raises one of asking.failures()."""

    @abstractmethod
    def clean(self) -> None:
        """Remove what the workload wrote. Raises one of asking.failures()."""


@runtime_checkable
class Lagging(Protocol):
    """A member that is behind others may answer reads."""

    def shown_by(self, read: Operation) -> str:
        """The same text for all reads that must not go back among one another, like those of one server."""


@runtime_checkable
class Delivering(Protocol):
    """A write may be delivered more than once."""

    def duplicates(self, history: History) -> int:
        """How many writes were delivered more than once."""


@runtime_checkable
class Remarking(Protocol):
    """Has remarks: what clients met that breaks no promise, and is worth knowing."""

    def remarks(self, history: History) -> list[str]:
        """The remarks on a history, and on what was met when members were read."""


def shown_by(place: Place, read: Operation) -> str:
    """The text that is the same for reads of a place that must not go back among one another."""
    return place.shown_by(read) if isinstance(place, Lagging) else ""
