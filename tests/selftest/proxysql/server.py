"""The process: `python -m tests.selftest.proxysql.server -f --no-version-check -c FILE -D FOLDER --bind A --local B`.

`--bind` stands for the host's own addresses and `--local` for its loopback, as each real host has both to itself.
Alone, `--starter` starts one for each line of standard input (JSON of its arguments) and prints its pid: imports take
longer than all the rest, and are done once.
"""

import argparse
import asyncio
import hmac
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha1
from pathlib import Path
from typing import Any

from mysql_mimic import MysqlServer, utils
from mysql_mimic.auth import AuthPlugin, Forbidden, IdentityProvider, NativePasswordAuthPlugin, Success, User
from mysql_mimic.errors import ErrorCode, MysqlError
from mysql_mimic.session import BaseSession
from mysql_mimic.variables import GlobalVariables, SessionVariables

from tests.selftest.proxysql.monitor import Monitor
from tests.selftest.proxysql.tables import ADMINISTRATORS, RefusedError, Tables

ONLY_LOCAL = "admin"
"""The name that may log in from the host itself only."""


class Login(NativePasswordAuthPlugin):
    """Who may administer: a name that is an administrator's now, with its password."""

    def __init__(self, tables: Tables, *, local: bool) -> None:
        self._tables, self._local = tables, local

    async def auth(self, auth_info: Any = None) -> AsyncIterator[Any]:
        """Decide on a name and what it made of its password."""
        nonce = utils.nonce(20)
        auth_info = yield nonce + b"\0"
        name = auth_info.username
        known = self._tables.users.get(name)
        if name == ONLY_LOCAL and not self._local:
            yield Forbidden(f"User '{name}' can only connect locally")
        elif known is None or known.hostgroup != ADMINISTRATORS or not proves(auth_info.data, known.password, nonce):
            yield Forbidden(f"ProxySQL Error: Access denied for user '{name}'@'127.0.0.1' (using password: YES)")
        else:
            yield Success(name)


def proves(answer: bytes, password: str, nonce: bytes) -> bool:
    """Whether an answer to a nonce is that of a password (MySQL's mysql_native_password)."""
    first = sha1(password.encode()).digest()
    second = sha1(nonce + sha1(first).digest()).digest()
    return hmac.compare_digest(answer, bytes(a ^ b for a, b in zip(first, second, strict=True)))


class Identities(IdentityProvider):
    """Every name is asked for its password, so that an unknown one is refused with the same words."""

    def __init__(self, plugin: AuthPlugin) -> None:
        self._plugin = plugin

    def get_plugins(self) -> list[AuthPlugin]:
        return [self._plugin]

    async def get_user(self, username: str) -> User:
        return User(name=username, auth_plugin=self._plugin.name)


class Session(BaseSession):
    """One connection to the administration port."""

    def __init__(self, tables: Tables) -> None:
        self.variables = SessionVariables(GlobalVariables())
        self.username = None
        self.database = None
        self._tables = tables

    async def handle_query(self, sql: str, attrs: dict[str, str]) -> Any:
        if self.username is None:
            raise MysqlError("not logged in", ErrorCode.ACCESS_DENIED_ERROR)
        try:
            return await asyncio.to_thread(self._tables.query, sql)
        except RefusedError as refusal:
            raise MysqlError(str(refusal), ErrorCode.UNKNOWN_ERROR) from refusal


class Forward:
    """The clients' port: every new connection goes to the writer; those to the one before end."""

    def __init__(self) -> None:
        self.writer = ""
        self._open: set[asyncio.StreamWriter] = set()

    def move(self, writer: str) -> None:
        """New connections go to this address from now on; nowhere while it is empty."""
        if writer != self.writer:
            self.writer = writer
            for stream in self._open:
                stream.close()

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both directions of one client, until either side ends."""
        try:
            far_reader, far_writer = await asyncio.open_connection(self.writer, 3306)
        except OSError:
            writer.close()
            return
        streams = {writer, far_writer}
        self._open |= streams
        with suppress(OSError):
            ways = [_pass_on(reader, far_writer), _pass_on(far_reader, writer)]
            await asyncio.wait(map(asyncio.create_task, ways), return_when=asyncio.FIRST_COMPLETED)
        for stream in streams:
            stream.close()
        self._open -= streams


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def listening(place: str, bind: str) -> socket.socket:
    """A socket at `ADDRESS:PORT`; as ProxySQL's and HAProxy's, it shares its port with whoever else wants to."""
    address, _, port = place.rpartition(":")
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    opened.bind((bind if address == "0.0.0.0" else address, int(port)))
    return opened


async def serve(options: argparse.Namespace) -> None:
    """Open all ports, then answer until the process ends."""
    text = Path(options.configuration).read_text("utf-8")
    data = options.data or re.findall(r'^datadir="(.*)"', text, re.M)[0]
    tables, forward = Tables(Path(data), Path(options.configuration)), Forward()
    loop = asyncio.get_running_loop()
    administration = tables.variable("admin-mysql_ifaces")
    places = [(options.bind, False)] + ([(options.local, True)] if options.local else [])
    for address, local in places:
        server = MysqlServer(lambda: Session(tables), identity_provider=Identities(Login(tables, local=local)))
        await server.start_server(port=None, sock=listening(administration, address))
    clients = listening(tables.variable("mysql-interfaces"), options.bind)
    await asyncio.start_server(forward.client, sock=clients)
    if not options.no_monitor:

        def moved(writer: str) -> None:
            loop.call_soon_threadsafe(forward.move, writer)

        Monitor(tables, moved).start()
    await asyncio.Event().wait()


def start_on_demand() -> None:
    """One process for each line, until the input ends; those that end leave nothing behind."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with suppress(KeyboardInterrupt):
                run(json.loads(line))
            return
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def run(arguments: list[str]) -> None:
    """ProxySQL's own options, and those of the stand-in."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-f", action="store_true")
    parser.add_argument("--no-version-check", action="store_true")
    parser.add_argument("-M", dest="no_monitor", action="store_true")
    parser.add_argument("-c", dest="configuration", required=True)
    parser.add_argument("-D", dest="data", default="")
    parser.add_argument("--bind", required=True)
    parser.add_argument("--local", default="")
    asyncio.run(serve(parser.parse_args(arguments)))


if __name__ == "__main__":
    start_on_demand() if sys.argv[1:] == ["--starter"] else run(sys.argv[1:])
