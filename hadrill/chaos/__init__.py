"""The nemesis: faults drawn from a seed, made on all clusters at once, with every promise checked after each.

A drill asks one question. Chaos asks what nobody thought of: second faults during recovery, a slow link under a
failover, a proxy that goes while a leader is elected. A schedule is a pure function of its seed and the inventory.
"""

from hadrill.chaos.draw import draw
from hadrill.chaos.schedule import Round, Schedule, ScheduleError, Step

__all__ = ["Round", "Schedule", "ScheduleError", "Step", "draw"]
