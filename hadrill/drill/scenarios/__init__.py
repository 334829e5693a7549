"""What an experiment can do: each scenario says only what differs; the ten steps are in hadrill/drill/experiment.py.

Storms and calms are made by chaos runs and lie there.
"""

from hadrill.drill.scenarios.quorum_loss import QuorumLoss
from hadrill.drill.scenarios.scenario import Plan, Scenario
from hadrill.drill.scenarios.single_fault import SingleFault
from hadrill.drill.scenarios.switchover import Switchover, of_case

__all__ = ["Plan", "QuorumLoss", "Scenario", "SingleFault", "Switchover", "of_case"]
