"""Experiments: something is done to a cluster while clients work, from steady state to verdict, and always undone.

`experiment.py` has the ten steps; `scenarios/` what can be done; `invariants.py` what must hold.
"""

from hadrill.drill.case import Case
from hadrill.drill.experiment import Experiment
from hadrill.drill.result import ERROR, FAILED, INCONCLUSIVE, PASSED, UNAVAILABLE, Result
from hadrill.drill.session import Session

__all__ = ["ERROR", "FAILED", "INCONCLUSIVE", "PASSED", "UNAVAILABLE", "Case", "Experiment", "Result", "Session"]
