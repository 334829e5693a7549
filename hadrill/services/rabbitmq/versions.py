"""Which RabbitMQ is running."""

from collections.abc import Callable

from hadrill.inventory import Inventory
from hadrill.services.rabbitmq.service import Rabbitmq


def running(inventory: Inventory) -> dict[str, Callable[[], str]]:
    """Functions that ask for the running version, by title."""
    service = Rabbitmq(inventory)
    return {"RabbitMQ": lambda: str(service.management(service.members[-1], "/api/overview")["rabbitmq_version"])}
