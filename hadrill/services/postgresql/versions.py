"""Which PostgreSQL and which Patroni are running."""

from collections.abc import Callable

from hadrill.inventory import Inventory
from hadrill.services.http import get_json
from hadrill.services.postgresql.service import REST_PORT, Postgresql


def running(inventory: Inventory) -> dict[str, Callable[[], str]]:
    """Functions that ask for the running version, by title."""
    service = Postgresql(inventory)

    def server() -> str:
        with service.connect(service.entry_point) as connection:
            return str(connection.info.parameter_status("server_version"))

    def patroni() -> str:
        return str(
            get_json(service.members[-1].address, service.inventory.port(REST_PORT), "/patroni")["patroni"]["version"]
        )

    return {"PostgreSQL": server, "Patroni": patroni}
