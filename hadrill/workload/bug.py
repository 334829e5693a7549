"""Tells a bug of hadrill's own from an error that the cluster caused, which is an outcome of the operation."""

import traceback
from pathlib import Path

from hadrill.services import registry

OWN = Path(__file__).resolve().parents[1]
"""Where hadrill's own code lies."""
SLIPS = (TypeError, NameError, AttributeError, KeyError, IndexError, AssertionError)
"""Exceptions that only a mistake in the code raises."""


def is_own_bug(error: BaseException) -> bool:
    """Whether an exception is a mistake in hadrill's own code, or in that of another package's service.

    Drivers raise the same exceptions when a connection breaks under them: what is raised inside their files, or in what
    they call, is an outcome.
    """
    if not isinstance(error, SLIPS):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return False
    place = Path(frames[-1].filename).resolve()
    return any(place.is_relative_to(own.resolve()) for own in (OWN, *registry.folders()))
