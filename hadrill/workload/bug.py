"""Whose fault an exception in an operation is: the cluster's, which is an outcome, or hadrill's own."""

import traceback
from pathlib import Path

OWN = Path(__file__).resolve().parents[1]
"""Where hadrill's own code lies."""
SLIPS = (TypeError, NameError, AttributeError, KeyError, IndexError, AssertionError)
"""What only a slip of whoever wrote the code raises."""


def is_own_bug(error: BaseException) -> bool:
    """Whether it is a slip that was made in hadrill's own code.

    Drivers stumble over connections that break under them in the same words: what is raised inside their files, or in
    what they call, is an outcome.
    """
    if not isinstance(error, SLIPS):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename).resolve().is_relative_to(OWN)
