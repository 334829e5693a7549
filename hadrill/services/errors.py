"""What a service may do instead of answering as it should: the ends that an experiment, a check or a command expects.

They are raised where an answer is read. Whatever else is raised there is a bug of hadrill's own.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from hadrill.inventory import Host


class ServiceError(Exception):
    """A service does not say what it is asked; the text says what, and who."""


class NoLeaderError(ServiceError):
    """Nobody leads, or nobody says who does."""


class NoMemberError(ServiceError):
    """No member is in a role that is asked for."""


class BadAnswerError(ServiceError):
    """An answer is not in the form that the service's answers have."""


class NotSetUpError(ServiceError):
    """Something that the installer makes is missing."""


class NotHandedOverError(ServiceError):
    """A planned switchover to a member that is not to lead, or cannot be put before the others."""


class StatusError(OSError):
    """A page with a status that says no: 401, 503. `status` is 0 where there was no page."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Fields(dict[str, Any]):
    """An answer's values by name. A missing name raises BadAnswerError: the answer is wrong, and this is no bug."""

    def __init__(self, source: str, values: Any) -> None:
        super().__init__(values)
        self.source = source

    def __missing__(self, name: str) -> Any:
        raise BadAnswerError(f"{self.source} says nothing of {name!r}")


def parsed(source: str, text: str | bytes) -> Any:
    """Parse an answer in JSON, with its objects as Fields. Raises BadAnswerError."""
    try:
        return json.loads(text, object_hook=partial(Fields, source))
    except ValueError as error:
        raise BadAnswerError(f"{source} answered no JSON: {error}") from error


@contextmanager
def reading(source: str) -> Iterator[None]:
    """Around the lines that parse an answer, and no others: what goes wrong in them is a BadAnswerError."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadAnswerError(f"{source} answered in a form of its own: {type(error).__name__}: {error}") from error


def named(members: Iterable[Host], name: str, source: str) -> Host:
    """The member that a service names. Raises BadAnswerError where none has that name or address."""
    for host in members:
        if name in (host.name, host.address):
            return host
    raise BadAnswerError(f"{source} names {name!r}, which is no member")
