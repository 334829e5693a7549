"""How an experiment can end, and the parts of a failover."""

from enum import StrEnum

from hadrill.report.verdict import Verdict

__all__ = ["Phase", "Verdict"]


class Phase(StrEnum):
    """What ends when a failover goes on, in its order."""

    DETECT = "detect"
    ELECT = "elect"
    PROMOTE = "promote"
    ROUTE = "route"
    CLIENT = "client"
