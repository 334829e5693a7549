"""Time: deadlines, budgets, one timeline, and the one way to wait. Nothing in the project sleeps for a fixed time.

Imports nothing else of hadrill.
"""

from hadrill.timing.budget import MARGIN_SECONDS, Budget, Part, budget
from hadrill.timing.duration import MILLISECOND, duration
from hadrill.timing.timeline import Event, Timeline
from hadrill.timing.waiting import POLL, Deadline, OverdueError, eventually

__all__ = [
    "MARGIN_SECONDS",
    "MILLISECOND",
    "POLL",
    "Budget",
    "Deadline",
    "Event",
    "OverdueError",
    "Part",
    "Timeline",
    "budget",
    "duration",
    "eventually",
]
