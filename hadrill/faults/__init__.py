"""Ways to break a host: each can inject itself, prove that it is there, and heal. One file a family.

A fault on the host is three small shell programs, because the healing one must work there without the runner.
"""

from hadrill.faults.fault import BLACKHOLE, CRASH, PARTITION, PLANNED, RESTART, STOP, Fault, Kind, Target
from hadrill.faults.table import FAULTS, all_stops, fault, is_host_wide, stops

__all__ = [
    "BLACKHOLE",
    "CRASH",
    "FAULTS",
    "PARTITION",
    "PLANNED",
    "RESTART",
    "STOP",
    "Fault",
    "Kind",
    "Target",
    "all_stops",
    "fault",
    "is_host_wide",
    "stops",
]
