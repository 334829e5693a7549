"""Chaos runs: faults drawn from a seed, made on all clusters at once, with every promise checked after each round.

A drill asks one question. Chaos asks what nobody thought of: second faults during recovery, a slow link under a
failover, a proxy that is lost while a leader is elected. The same seed and inventory always give the same schedule.
"""

from hadrill.chaos.draw import draw
from hadrill.chaos.schedule import Round, Schedule, ScheduleError, Step

__all__ = ["Round", "Schedule", "ScheduleError", "Step", "draw"]
