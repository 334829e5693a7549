"""One drill: one fault on one host, from steady state to verdict, with everything undone whatever happens."""

from hadrill.drill.case import Case
from hadrill.drill.drill import Drill
from hadrill.drill.result import ERROR, FAILED, INCONCLUSIVE, PASSED, UNAVAILABLE, Result
from hadrill.drill.session import Session

__all__ = ["ERROR", "FAILED", "INCONCLUSIVE", "PASSED", "UNAVAILABLE", "Case", "Drill", "Result", "Session"]
