"""Galera's nodes, as far as ProxySQL's monitor and a drill's questions see them: in threads of the test itself."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from mysql_mimic import MysqlServer
from mysql_mimic.auth import IdentityProvider, NativePasswordAuthPlugin, User
from mysql_mimic.errors import ErrorCode, MysqlError
from mysql_mimic.session import BaseSession
from mysql_mimic.variables import GlobalVariables, SessionVariables

from tests.selftest.proxysql.server import listening

OPTIONS = "evs.suspect_timeout = PT5S; evs.install_timeout = PT7.5S"


class Node(IdentityProvider):
    """One node. `status` is what it says; `frozen` lets it take connections and answer nothing."""

    def __init__(self, address: str, size: int, passwords: dict[str, str]) -> None:
        self.address = address
        self.status = {
            "wsrep_cluster_status": "Primary",
            "wsrep_local_state": "4",
            "wsrep_local_state_comment": "Synced",
            "wsrep_ready": "ON",
            "wsrep_cluster_size": str(size),
            "wsrep_cluster_state_uuid": "a1",
        }
        self.frozen = False
        self.server: Any = None
        self.socket: socket.socket | None = None
        self._passwords = passwords

    async def get_user(self, username: str) -> User | None:
        while self.frozen:
            await asyncio.sleep(0.05)
        proof = NativePasswordAuthPlugin.create_auth_string(self._passwords.get(username, "unknown"))
        return User(name=username, auth_string=proof, auth_plugin="mysql_native_password")

    async def answer(self, statement: str) -> Any:
        """What it says to a statement."""
        while self.frozen:
            await asyncio.sleep(0.05)
        if statement.startswith("SHOW GLOBAL STATUS"):
            return list(self.status.items()), ["Variable_name", "Value"]
        if statement == "SELECT @@wsrep_provider_options":
            return [(OPTIONS,)], ["@@wsrep_provider_options"]
        if statement.startswith("SET "):
            return [], []
        raise MysqlError(f"not known here: {statement}", ErrorCode.PARSE_ERROR)


class Session(BaseSession):
    """One connection."""

    def __init__(self, node: Node) -> None:
        self.variables = SessionVariables(GlobalVariables())
        self.username = self.database = None
        self._node = node

    async def handle_query(self, sql: str, attrs: dict[str, str]) -> Any:
        return await self._node.answer(sql)


class Nodes:
    """All nodes of a cluster, while the block lasts."""

    def __init__(self, addresses: Sequence[str], passwords: dict[str, str]) -> None:
        self.all = [Node(address, len(addresses), passwords) for address in addresses]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        for node in self.all:
            self.start(node)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for node in self.all:
            node.frozen = False
            self.stop(node)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def start(self, node: Node) -> None:
        """Let it take connections."""

        async def begin() -> None:
            node.server = MysqlServer(lambda: Session(node), identity_provider=node)
            await node.server.start_server(port=None, sock=listening(f"{node.address}:3306", node.address))

        asyncio.run_coroutine_threadsafe(begin(), self._loop).result(5)

    def stop(self, node: Node) -> None:
        """Refuse connections from now on, and end those that are there."""

        async def end() -> None:
            node.server.close()
            for connection in list(node.server.control._connections.values()):
                connection.kill()

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(5)
