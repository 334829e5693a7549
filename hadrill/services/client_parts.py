"""The parts of every budget that come from the clients."""

from hadrill.faults import Kind
from hadrill.timing import Part
from hadrill.workload import DEFAULT_RATE, OPERATION_SECONDS

SILENT = (Kind.BLACKHOLE, Kind.PARTITION)
"""Kinds of faults under which nothing answers."""
TURN = Part("turn", 1 / DEFAULT_RATE, "operations begin so far apart")


def hang(kind: Kind) -> Part:
    """The time that an operation hangs until it is given up, where nothing answers."""
    return Part("client", OPERATION_SECONDS if kind in SILENT else 0.0, "an operation that hangs is given up")
