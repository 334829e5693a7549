"""Kubernetes' nodes, lost or emptied on purpose: one node, many questions about it, each judged by a check of its own.

A drill judges one fault by what clients felt. A node's loss is also about who notices when, and where its pods go.
"""

from hadrill.drill.kubernetes.drain import Drain
from hadrill.drill.kubernetes.loss import CORDON, POWER_OFF, Loss
from hadrill.drill.kubernetes.node_loss import NodeLoss

__all__ = ["CORDON", "POWER_OFF", "Drain", "Loss", "NodeLoss"]
