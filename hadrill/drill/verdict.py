"""How an experiment can end, and the parts of a failover."""

from enum import StrEnum

from hadrill.report.verdict import Verdict

__all__ = ["Phase", "Verdict"]


class Phase(StrEnum):
    """The phases of a failover, in their order."""

    DETECT = "detect"
    ELECT = "elect"
    PROMOTE = "promote"
    ROUTE = "route"
    CLIENT = "client"
