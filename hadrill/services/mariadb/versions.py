"""Which MariaDB is running, behind which kind of SQL proxy."""

from collections.abc import Callable

from hadrill.inventory import Inventory
from hadrill.services.mariadb.service import Mariadb


def running(inventory: Inventory) -> dict[str, Callable[[], str]]:
    """Functions that ask for the running version, by title."""
    service = Mariadb(inventory)

    def server() -> str:
        with service.connect(service.entry_point) as connection:
            return str(connection.get_server_info())

    return {"MariaDB": server, "SQL proxy": lambda: service.proxy_kind}
