"""An SSH server on this computer's loopback, which runs commands under bash: a host, as Remote sees it."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import IO

import paramiko
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from hadrill.inventory import Host, Inventory


class _Session(paramiko.ServerInterface):
    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._run, args=(channel, command.decode()), daemon=True).start()
        return True

    def _run(self, channel: paramiko.Channel, command: str) -> None:
        process = subprocess.Popen(
            ["bash", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self._environment},
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        streams = ((process.stdout, channel.sendall), (process.stderr, channel.sendall_stderr))
        pumps = [threading.Thread(target=_pump, args=stream, daemon=True) for stream in streams]
        for pump in pumps:
            pump.start()
        # A program may end without reading it all, and a client go before the program has ended.
        threading.Thread(target=_feed, args=(channel, process.stdin), daemon=True).start()
        for pump in pumps:
            pump.join()
        with suppress(OSError):
            channel.send_exit_status(process.wait())
        channel.close()


def _feed(channel: paramiko.Channel, stream: IO[bytes]) -> None:
    """Pass on what the client sends, until it sends no more."""
    with suppress(OSError), stream:
        while part := channel.recv(65536):
            stream.write(part)
            stream.flush()


def _pump(stream: IO[bytes], send: Callable[[bytes], object]) -> None:
    """Pass on what a program writes, as it comes."""
    with suppress(OSError):
        while part := os.read(stream.fileno(), 65536):
            send(part)


@cache
def _key() -> paramiko.PKey:
    """The server's, and its one user's."""
    return paramiko.RSAKey.generate(2048)


@contextmanager
def serving(inventory: Inventory, folder: Path, start_file: str = "") -> Iterator[tuple[Inventory, Host]]:
    """The inventory and one host of it, both as they must be to reach a server that runs meanwhile.

    `start_file`: what bash reads when it starts, as ~/.bashrc is read on a host.
    """
    # Only the first shell reads it.
    (folder / "start").write_text(f"unset BASH_ENV\n{start_file}", "utf-8")
    key = _key()
    key.write_private_key_file(str(folder / "key"))
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    (folder / "known").write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n", "ascii")
    transports: list[paramiko.Transport] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(key)
            transport.start_server(server=_Session({"BASH_ENV": str(folder / "start")}))

    thread = threading.Thread(target=accept)
    thread.start()
    ssh = inventory.settings.ssh.model_copy(
        update={"port": port, "key": folder / "key", "known_hosts": folder / "known"}
    )
    settings = inventory.settings.model_copy(update={"ssh": ssh})
    try:
        yield replace(inventory, settings=settings), replace(inventory.host("redis-02"), address="127.0.0.1")
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for transport in transports:
            transport.close()
