"""Which Redis is running."""

from collections.abc import Callable

from hadrill.inventory import Inventory
from hadrill.services.redis.service import Redis


def running(inventory: Inventory) -> dict[str, Callable[[], str]]:
    """Functions that ask for the running version, by title."""
    service = Redis(inventory)

    def server() -> str:
        with service.client(service.entry_point) as client:
            return str(client.info("server")["redis_version"])

    return {"Redis": server}
