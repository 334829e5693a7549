"""Client operations through the entry point, at a set rate, and what became of each: the meter of every experiment.

An operation ends as ok, fail (certainly not done) or unknown (nobody can say). Nothing is tried again under the same
key, and no driver retries by itself, so that an outage here is as long as it was for an application.
"""

from hadrill.workload.client import OPERATION_SECONDS, Answer, Client, Lane, WentBackError
from hadrill.workload.history import FAIL, OK, UNKNOWN, History, Operation, Outcome
from hadrill.workload.invariants import Invariant
from hadrill.workload.outage import Outage, latencies, longest_outage
from hadrill.workload.workload import DEFAULT_RATE, Workload

__all__ = [
    "DEFAULT_RATE",
    "FAIL",
    "OK",
    "OPERATION_SECONDS",
    "UNKNOWN",
    "Answer",
    "Client",
    "History",
    "Invariant",
    "Lane",
    "Operation",
    "Outage",
    "Outcome",
    "WentBackError",
    "Workload",
    "latencies",
    "longest_outage",
]
