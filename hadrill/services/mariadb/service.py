"""The Galera cluster: its nodes, the SQL proxies, and how a client reaches them."""

from typing import Any

import pymysql
from pymysql.constants import ER

from hadrill.inventory import Host, Inventory
from hadrill.placement import placed
from hadrill.remote.from_here import reach
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS
from hadrill.services.haproxy.statistics import SQL_STATISTICS_PORT, Proxies
from hadrill.services.mariadb.record import SERVICE

MARIADB = placed(SERVICE, "mariadb")
PORT = 3306
BACKEND = "be_mariadb"
"""As the installer names it on the proxies."""
USER = "hadrill"
DATABASE = "hadrill"
DENIED = (
    ER.ACCESS_DENIED_ERROR,
    ER.DBACCESS_DENIED_ERROR,
    ER.TABLEACCESS_DENIED_ERROR,
    ER.SPECIFIC_ACCESS_DENIED_ERROR,
)


class Mariadb:
    """One Galera cluster."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory.about_the("mariadb")
        self.members = self.inventory.of_role("mariadb")
        self.proxies = self.inventory.of_role("proxysql")
        self.proxy_kind = inventory.settings.sql_proxy

    @property
    def front(self) -> Proxies:
        """HAProxy on its proxies, where it is the kind."""
        return Proxies(self.inventory, "proxysql", "sql-proxy", SQL_STATISTICS_PORT)

    @property
    def backend(self) -> str:
        """The name of HAProxy's backend that leads to it."""
        return self.inventory.backend(PORT, BACKEND)

    @property
    def entry_point(self) -> str:
        """The address that applications use."""
        return self.inventory.entry_point(PORT).place

    def connect(
        self, address: str, *, user: str = USER, database: str | None = DATABASE, seconds: float | None = None
    ) -> Any:
        """A new connection in autocommit mode, with deadlines. Raises pymysql.Error."""
        name = {"root": "MARIADB_ROOT_PASSWORD"}.get(user, "HADRILL_PASSWORD")
        host, port = reach(*self.inventory.socket(address, PORT))
        return pymysql.connect(
            host=host,
            port=port,
            user=user,
            database=database,
            autocommit=True,
            # Unverified TLS protects nothing, and reading its certificates costs each connection 46 ms of processor.
            ssl_disabled=True,
            password=self.inventory.credentials.secret("mariadb", name),
            connect_timeout=seconds or CONNECT_SECONDS,
            read_timeout=seconds or ANSWER_SECONDS,
            write_timeout=seconds or ANSWER_SECONDS,
        )

    def wsrep(self, host: Host, user: str = USER) -> dict[str, str]:
        """A node's wsrep status variables. Raises pymysql.Error."""
        with self.connect(host.address, user=user, database=None) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION wsrep_sync_wait = 0")
            cursor.execute("SHOW GLOBAL STATUS LIKE 'wsrep\\_%'")
            return {str(name): str(value) for name, value in cursor.fetchall()}


def denied(error: Exception) -> bool:
    """ER_ACCESS_DENIED_ERROR and the like, of a server or of a SQL proxy."""
    return isinstance(error, pymysql.Error) and bool(error.args) and error.args[0] in DENIED


def pod_login(inventory: Inventory) -> dict[str, str]:
    """The login of the clients in pods."""
    password = inventory.credentials.secret("mariadb", "HADRILL_PASSWORD")
    way = inventory.entry_point(PORT)
    return {"host": way.address, "port": str(way.at), "password": password}
