"""Time: deadlines and the one way to wait. Nothing in the project sleeps for a fixed time.

Imports nothing else of hadrill.
"""

from hadrill.timing.waiting import Deadline, OverdueError, eventually

__all__ = ["Deadline", "OverdueError", "eventually"]
