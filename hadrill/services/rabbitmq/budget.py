"""How long publishers may be without RabbitMQ.

Source: Ra's failure detector (aten) and election timeouts; RabbitMQ's documentation of quorum queues; the proxies' live
checks.
"""

from hadrill.faults import Kind
from hadrill.remote import Remote
from hadrill.services.client_parts import SILENT, TURN, hang
from hadrill.services.errors import reading
from hadrill.services.proxies import checks_of, haproxy_on
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.timing import Budget, Part, budget

LOST_SECONDS = 0.6
"""A queue leader whose process or node connection is gone: followers know within 0.1 to 0.6 s."""
SILENT_SECONDS = 4.0
"""Nothing answers: aten suspects the node, then followers elect: 1 to 4 s."""
TICK_SPREAD = 1.25
"""Erlang notices a silent node after its net_ticktime, give or take a quarter; then the minority pauses."""
SHUTDOWN_SECONDS = 5.0
"""A node that stops hands its leaders over and closes its listeners first."""


def rabbitmq_budget(service: Rabbitmq, remote: Remote, kind: Kind, role: str, multiplier: float) -> Budget:
    """A sum of parts: the queue's new leader and the proxies' checks; both roles are behind the proxies."""
    checks = checks_of(haproxy_on(service.inventory, service.proxies[0]), remote, service.proxies[0], service.backend)
    if kind is Kind.PARTITION:
        # Until then it is nobody's minority: it takes connections, and can do nothing for them.
        ticks = Part(
            "net tick", TICK_SPREAD * _net_ticktime(service), f"1.25 x net_ticktime, live, {service.members[0]}"
        )
        return budget([ticks, checks.down(False), TURN, hang(kind)], multiplier)
    elect = Part("elect", SILENT_SECONDS if kind in SILENT else LOST_SECONDS, "aten, Ra")
    parts = [elect] if role == "leader" else []
    if kind is Kind.STOP:
        parts.append(Part("shutdown", SHUTDOWN_SECONDS, "listeners and leaders are given up"))
    # New connections are spread over all nodes until the checks take the dead one out.
    return budget([*parts, checks.down(kind in SILENT), TURN, hang(kind)], multiplier)


def _net_ticktime(service: Rabbitmq) -> float:
    """The longest of all nodes, in seconds."""
    nodes = service.management(service.members[0], "/api/nodes")
    with reading(f"RabbitMQ on {service.members[0]}"):
        return max(float(node["net_ticktime"]) for node in nodes)
