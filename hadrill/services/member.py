"""What a member says of itself, and the types of probes and watches."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from hadrill.timing import Timeline


@dataclass(frozen=True)
class Member:
    """A member's role in the product's own word, whether it takes writes as the leader, and whether it counts.

    One that is `away` is silent, or says itself that it is not part of the cluster: the cluster has to do without it.
    """

    role: str
    leads: bool = False
    away: bool = False

    def __str__(self) -> str:
        return self.role


SILENT = Member("silent", away=True)
"""A member that does not answer."""

Probe = Callable[[], Member]
"""Asks one member once, over a connection that is kept; SILENT where it does not answer in time."""
Watch = Callable[[Timeline, threading.Event], None]
"""Writes events into a timeline until the event is set."""
