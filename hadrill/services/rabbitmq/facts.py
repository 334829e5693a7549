"""What RabbitMQ's nodes say when they are asked why publishers are not served."""

import base64
import json
from functools import cached_property
from typing import Any

from hadrill.diagnosis import Facts, Order, Question, View, journal
from hadrill.inventory import Host
from hadrill.services.rabbitmq.service import MANAGEMENT_PORT, PORT, VHOST, Rabbitmq

EPMD_PORT = 4369
DISTRIBUTION_PORT = 25672
PEER_PORTS = {"epmd": EPMD_PORT, "distribution": DISTRIBUTION_PORT}
QUEUE_COLUMNS = "name,type,members,online,leader,durable,exclusive"
NODE_COLUMNS = "name,running,mem_alarm,disk_free_alarm,disk_free,disk_free_limit,partitions,being_drained"


def orders(service: Rabbitmq, since_seconds: int) -> dict[Host, Order]:
    """What to ask each node. The login goes to its own management interface only, over the loopback."""
    login = base64.b64encode(":".join(service.login).encode()).decode()

    def management(path: str) -> Question:
        request = f"GET {path} HTTP/1.0\r\nAuthorization: Basic {login}\r\n\r\n"
        return Question("127.0.0.1", MANAGEMENT_PORT, request)

    found = {}
    for host in service.members:
        questions = {
            "nodes": management(f"/api/nodes?columns={NODE_COLUMNS}"),
            "amqp": Question(host.address, PORT, ""),
            "queues": management(f"/api/queues/{VHOST}?columns={QUEUE_COLUMNS}"),
        }
        for peer in service.members:
            for kind, port in PEER_PORTS.items():
                questions[f"{kind}@{peer.name}"] = Question(peer.address, port, "")
        found[host] = Order(questions, {"log": journal("rabbitmq", since_seconds)})
    return found


class RabbitmqFacts(View):
    """The facts by what they mean."""

    def __init__(self, service: Rabbitmq, facts: Facts, victim: str = "", *, before: bool = False) -> None:
        super().__init__(service, facts, victim, before=before)
        self.service = service

    @cached_property
    def nodes(self) -> dict[str, dict[str, dict[str, Any]]]:
        """By the node that was asked: what it says of every node that it knows, by host name."""
        found = {host: self._json(host, "nodes") for host in self.hosts}
        return {host: {row["name"].partition("@")[2]: row for row in rows} for host, rows in found.items() if rows}

    @cached_property
    def queues(self) -> list[dict[str, Any]]:
        """Queues of the applications' virtual host, as the first node that answers has them."""
        return next((found for host in self.hosts if (found := self._json(host, "queues"))), [])

    def _json(self, host: str, name: str) -> list[dict[str, Any]]:
        head, _, body = self.answer(host, name).said.partition("\r\n\r\n")
        try:
            found = json.loads(body) if " 200 " in head.partition("\r\n")[0] else []
        except ValueError:
            return []
        return found if isinstance(found, list) else []
