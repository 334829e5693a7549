"""Why a failover did not happen, or would not: a named cause with its evidence, instead of "never promoted".

All hosts are asked at once: their own services, and every other member from their own address, because what a member
can reach is what decides. Rules are small pure functions over these facts; a rule that applies is a cause, with the
lines that show it and the remedy. Diagnosis only reads, and ends in time whatever is dead.
"""

from hadrill.diagnosis.common import SINGLE_PROXY
from hadrill.diagnosis.diagnosis import Diagnosis
from hadrill.diagnosis.examination import Examination
from hadrill.diagnosis.facts import (
    LOG_LINES,
    STATISTICS,
    Facts,
    HostFacts,
    Order,
    Question,
    Reply,
    page,
    reached,
    statistics,
)
from hadrill.diagnosis.rule import Cause, CauseRow, Rule
from hadrill.diagnosis.view import View

__all__ = [
    "LOG_LINES",
    "SINGLE_PROXY",
    "STATISTICS",
    "Cause",
    "CauseRow",
    "Diagnosis",
    "Examination",
    "Facts",
    "HostFacts",
    "Order",
    "Question",
    "Reply",
    "Rule",
    "View",
    "page",
    "reached",
    "statistics",
]
