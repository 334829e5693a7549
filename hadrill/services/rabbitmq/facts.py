"""What RabbitMQ's nodes say when they are asked why publishers are not served."""

import base64
from functools import cached_property
from typing import Any

from hadrill.diagnosis import LOG_LINES, STATISTICS, Order, Question, View, page, reached
from hadrill.inventory import Host
from hadrill.services.placing import placed_in
from hadrill.services.rabbitmq.service import MANAGEMENT_PORT, PORT, VHOST, Rabbitmq

EPMD_PORT = 4369
DISTRIBUTION_PORT = 25672
PEER_PORTS = {"epmd": EPMD_PORT, "distribution": DISTRIBUTION_PORT}
QUEUE_COLUMNS = "name,type,members,online,durable,exclusive"
NODE_COLUMNS = "name,running,mem_alarm,disk_free_alarm,disk_free,disk_free_limit,partitions"


def orders(service: Rabbitmq, since_seconds: int) -> dict[Host, Order]:
    """What to ask each node and proxy. The login goes to its own management interface only, over the loopback."""
    login = "Authorization: Basic " + base64.b64encode(":".join(service.login).encode()).decode()
    by_host, rabbitmq = {}, placed_in(service.inventory, "rabbitmq", "rabbitmq")
    for host in service.members:
        questions = {
            "nodes": page(
                "127.0.0.1", service.inventory.port(MANAGEMENT_PORT), f"/api/nodes?columns={NODE_COLUMNS}", login
            ),
            "amqp": Question(host.address, service.inventory.port(PORT), ""),
            "queues": page(
                "127.0.0.1",
                service.inventory.port(MANAGEMENT_PORT),
                f"/api/queues/{VHOST}?columns={QUEUE_COLUMNS}",
                login,
            ),
        }
        for name, port in PEER_PORTS.items():
            questions |= reached(name, service.members, service.inventory.port(port))
        by_host[host] = Order(questions, {"log": rabbitmq.logs(since_seconds, LOG_LINES)})
    for proxy in service.proxies:
        by_host[proxy] = Order({STATISTICS: service.front.question(proxy, service.backend)})
    return by_host


class RabbitmqFacts(View[Rabbitmq]):
    """The facts of a diagnosis, read by their meaning."""

    @cached_property
    def nodes(self) -> dict[str, dict[str, dict[str, Any]]]:
        """By the node that was asked: what it says of every node that it knows, by host name."""
        pages = {host: self.page(host, "nodes") for host in self.hosts}
        return {host: {row["name"].partition("@")[2]: row for row in rows} for host, rows in pages.items() if rows}

    @cached_property
    def queues(self) -> list[dict[str, Any]]:
        """Queues of the applications' virtual host, as the first node that answers has them."""
        return next((queues for host in self.hosts if (queues := self.page(host, "queues"))), [])
