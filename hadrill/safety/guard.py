"""Would a fault break a quorum? Arithmetic over the members that live now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from hadrill.timing import Deadline, OverdueError, eventually

SILENT_SECONDS = 3.0
"""A member that does not answer for this long counts as down. One late answer of a busy member is not enough."""


class Standing(Protocol):
    """What a probe of a member read, as far as it matters here."""

    @property
    def role(self) -> str:
        """Its role in the cluster."""

    @property
    def away(self) -> bool:
        """Whether the cluster has to do without it."""


@dataclass(frozen=True)
class Arithmetic:
    """Members with their votes, those that are down already, those that would go, and how many votes are needed."""

    votes: Mapping[str, int]
    down: tuple[str, ...]
    going: tuple[str, ...]
    needed: int

    @property
    def left(self) -> int:
        """Votes that would be left."""
        return sum(votes for name, votes in self.votes.items() if name not in (*self.down, *self.going))

    @property
    def holds(self) -> bool:
        """Whether enough votes would be left."""
        return self.left >= self.needed

    def __str__(self) -> str:
        down = f", {len(self.down)} already down ({', '.join(self.down)})" if self.down else ""
        going = ", ".join(self.going) or "none"
        unequal = any(votes != 1 for votes in self.votes.values())
        weights = f" with votes {', '.join(f'{name} {votes}' for name, votes in self.votes.items())}" if unequal else ""
        return (
            f"{len(self.votes)} members{weights}{down}, {len(self.going)} would go ({going}):"
            f" {self.left}{' votes' if unequal else ''} left, {self.needed} needed"
        )


def is_away(ask: Callable[[], Standing]) -> bool:
    """Whether a member stays silent, or says that it is out, for SILENT_SECONDS."""

    def away() -> str | None:
        member = ask()
        return member.role if member.away else None

    try:
        eventually("a member to answer", away, Deadline(SILENT_SECONDS))
    except OverdueError:
        return True
    return False
