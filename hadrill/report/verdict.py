"""How an experiment can end."""

from enum import StrEnum


class Verdict(StrEnum):
    """What an experiment says of a cluster. An `error` says nothing of it: it is a bug of hadrill's own."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    UNAVAILABLE = "unavailable"
    ERROR = "error"
