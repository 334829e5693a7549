"""How an experiment can end, and the parts of a failover."""

from enum import StrEnum


class Verdict(StrEnum):
    """What an experiment says of a cluster. An `error` says nothing of it: it is a bug of hadrill's own."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    UNAVAILABLE = "unavailable"
    ERROR = "error"


class Phase(StrEnum):
    """What ends when a failover goes on, in its order."""

    DETECT = "detect"
    ELECT = "elect"
    PROMOTE = "promote"
    ROUTE = "route"
    CLIENT = "client"
