"""The PostgreSQL cluster: its members, its proxies, and how a client reaches them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from hadrill.inventory import Host, Inventory, NotInInventoryError
from hadrill.placement import placed
from hadrill.remote.from_here import reach
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS, ask
from hadrill.services.errors import NoLeaderError, named, reading
from hadrill.services.haproxy.statistics import Proxies
from hadrill.services.http import get_json, request_json
from hadrill.services.postgresql.record import SERVICE

PATRONI, POSTGRES = placed(SERVICE, "patroni"), placed(SERVICE, "postgres")
PORT = 5432
BACKEND = "be_postgresql"
"""As the installer names it on the proxies."""
POOLED_PORT = 6432
REST_PORT = 8008
DATABASE = "hadrill"
USER = "hadrill"
DENIED = (
    "password authentication failed",
    "SASL authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
)


class Postgresql:
    """One cluster of PostgreSQL."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory.about_the("postgresql")
        self.members = self.inventory.of_role("postgresql")
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
    def has_pool(self) -> bool:
        """Whether clients may come by PgBouncer. What hadrill installs has one; somebody else's stack may have none."""
        try:
            self.inventory.entry_point(POOLED_PORT)
        except NotInInventoryError:
            return not self.inventory.settings.adopted
        return True

    def way_in(self, port: int) -> str:
        """The address at which applications reach a usual port."""
        return self.inventory.entry_point(port).place

    def connect(
        self,
        address: str,
        port: int = PORT,
        *,
        user: str = USER,
        database: str = DATABASE,
        read_write: bool = False,
        seconds: float = CONNECT_SECONDS,
    ) -> psycopg.Connection[TupleRow]:
        """A new connection in autocommit mode, with deadlines. Raises psycopg.Error."""
        name = {"postgres": "POSTGRES_PASSWORD"}.get(user, "HADRILL_PASSWORD")
        host, reached_port = reach(*self.inventory.socket(address, port))
        return psycopg.connect(
            host=host,
            port=reached_port,
            user=user,
            dbname=database,
            autocommit=True,
            application_name="hadrill",
            password=self.inventory.credentials.secret("postgresql", name),
            connect_timeout=int(seconds),
            tcp_user_timeout=int(ANSWER_SECONDS * 1000),
            prepare_threshold=None,
            target_session_attrs="read-write" if read_write else "any",
        )

    def patroni(self, host: Host) -> dict[str, Any]:
        """Patroni's view of the cluster, asked of one member, its members named as the inventory has them.

        Raises OSError.
        """
        view: dict[str, Any] = get_json(host.address, self.inventory.port(REST_PORT), "/cluster")
        with reading(f"Patroni on {host}"):
            return {**view, "members": named_as(self.members, view["members"])}

    def status(self, host: Host) -> dict[str, Any]:
        """What Patroni says of its own member: role and state as they are now. Raises OSError."""
        own: dict[str, Any] = get_json(host.address, self.inventory.port(REST_PORT), "/patroni")
        return own

    def leader(self) -> Host:
        """The leader as most members see it; one may believe an old state. NoLeaderError where nobody knows one."""
        views, findings = ask(
            self.members, self.patroni, self.inventory.port(REST_PORT), "Patroni's view of the cluster"
        )
        votes = Counter(m["name"] for view in views.values() for m in view["members"] if m["role"] == "leader")
        if not votes:
            raise NoLeaderError("; ".join(map(str, findings)) or "every member answers, and none knows a leader")
        return named(self.members, votes.most_common(1)[0][0], "Patroni")

    def dynamic_configuration(self, host: Host) -> dict[str, Any]:
        """Patroni's configuration in its store. Raises OSError."""
        live: dict[str, Any] = get_json(host.address, self.inventory.port(REST_PORT), "/config")
        return live

    def change_dynamic_configuration(self, host: Host, change: dict[str, Any]) -> None:
        """Patch Patroni's configuration in its store. Raises OSError."""
        login = ("patroni", self.inventory.credentials.secret("postgresql", "PATRONI_PASSWORD"))
        request_json("PATCH", host.address, self.inventory.port(REST_PORT), "/config", login, change)


def named_as(hosts: Sequence[Host], members: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Members of Patroni's view, each with its host's name; its own, which its owner chose, is `own_name`."""
    by_address = {host.address: host.name for host in hosts}
    return [
        {**member, "own_name": member["name"], "name": by_address.get(member.get("host", ""), member["name"])}
        for member in members
    ]


def denied(error: Exception) -> bool:
    """SQLSTATE class 28, or insufficient_privilege."""
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is not None:
        return error.sqlstate.startswith("28") or error.sqlstate == "42501"
    # libpq gives no code for a connection that was not made, only what the server, PgBouncer or itself said of it.
    return any(words in str(error) for words in DENIED)


def pod_login(inventory: Inventory) -> dict[str, str]:
    """The login of the clients in pods."""
    password = inventory.credentials.secret("postgresql", "HADRILL_PASSWORD")
    way = inventory.entry_point(PORT)
    return {"host": way.address, "port": str(way.at), "password": password}
