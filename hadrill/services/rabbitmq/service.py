"""The RabbitMQ cluster: its nodes, and how a client reaches them."""

from typing import Any

import pika

from hadrill.inventory import Host, Inventory
from hadrill.placement import placed
from hadrill.remote.from_here import reach
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS
from hadrill.services.haproxy.statistics import Proxies
from hadrill.services.http import get_json
from hadrill.services.rabbitmq.record import SERVICE

RABBITMQ = placed(SERVICE, "rabbitmq")
PORT = 5672
BACKEND = "be_rabbitmq"
"""As the installer names it on the proxies."""
MANAGEMENT_PORT = 15672
USER = "hadrill"
VHOST = "hadrill"


class Rabbitmq:
    """One cluster of RabbitMQ."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory.about_the("rabbitmq")
        self.members = self.inventory.of_role("rabbitmq")
        self.proxies = self.inventory.of_role("haproxy")

    @property
    def front(self) -> Proxies:
        """HAProxy on its proxies."""
        return Proxies(self.inventory)

    @property
    def backend(self) -> str:
        """The name of HAProxy's backend that leads to it."""
        return self.inventory.backend(PORT, BACKEND)

    @property
    def entry_point(self) -> str:
        """The address that applications use."""
        return self.inventory.entry_point(PORT).place

    @property
    def login(self) -> tuple[str, str]:
        """User and password of the suite."""
        return USER, self.inventory.credentials.secret("rabbitmq", "RABBITMQ_PASSWORD")

    def connect(self, address: str, *, seconds: float | None = None) -> pika.BlockingConnection:
        """A new connection with deadlines that never tries again by itself. Raises AMQPError and OSError."""
        return pika.BlockingConnection(
            pika.ConnectionParameters(
                *reach(*self.inventory.socket(address, PORT)),
                VHOST,
                pika.PlainCredentials(*self.login),
                connection_attempts=1,
                socket_timeout=seconds or CONNECT_SECONDS,
                stack_timeout=seconds or ANSWER_SECONDS,
                blocked_connection_timeout=seconds or ANSWER_SECONDS,
            )
        )

    def management(self, host: Host, path: str) -> Any:
        """An answer of a node's management interface. Raises OSError."""
        return get_json(host.address, self.inventory.port(MANAGEMENT_PORT), path, self.login)


def denied(error: Exception) -> bool:
    """No login, or AMQP's ACCESS_REFUSED (403) and NOT_ALLOWED (530)."""
    if isinstance(error, pika.exceptions.ConnectionClosed | pika.exceptions.ChannelClosed):
        return error.reply_code in (403, 530)
    return isinstance(
        error,
        pika.exceptions.AuthenticationError
        | pika.exceptions.ProbableAuthenticationError
        | pika.exceptions.ProbableAccessDeniedError,
    )


def pod_login(inventory: Inventory) -> dict[str, str]:
    """The login of the clients in pods."""
    password = inventory.credentials.secret("rabbitmq", "RABBITMQ_PASSWORD")
    way = inventory.entry_point(PORT)
    return {"host": way.address, "port": str(way.at), "password": password}
