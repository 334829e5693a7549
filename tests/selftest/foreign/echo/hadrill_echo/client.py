"""Who the members are, and how an application talks to them."""

import socket
from contextlib import closing

from hadrill.inventory import Host, Inventory
from hadrill.services.errors import BadAnswerError

PORT = 7007
CONNECT_SECONDS = 0.5
"""After so long a client tries the next member."""
ANSWER_SECONDS = 2.0


class Echo:
    """The members. Clients know all of them and take the first that answers."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.members = inventory.of_role("echo")
        self.proxies: tuple[Host, ...] = ()

    def connect(self) -> socket.socket:
        """A connection to the first member that takes one. Raises OSError."""
        reasons = []
        for host in self.members:
            try:
                connection = socket.create_connection((host.address, PORT), timeout=CONNECT_SECONDS)
            except OSError as error:
                reasons.append(f"{host}: {error}")
            else:
                connection.settimeout(ANSWER_SECONDS)
                return connection
        raise ConnectionRefusedError("; ".join(reasons))

    def ask(self, host: Host, word: str) -> str:
        """What one member says to a word. Raises OSError and BadAnswerError."""
        with closing(socket.create_connection((host.address, PORT), timeout=CONNECT_SECONDS)) as connection:
            connection.settimeout(ANSWER_SECONDS)
            return say(connection, word)


def say(connection: socket.socket, word: str) -> str:
    """What comes back to a word. Raises OSError and BadAnswerError."""
    connection.sendall(f"{word}\n".encode())
    answer = b""
    while not answer.endswith(b"\n"):
        if not (part := connection.recv(1024)):
            raise BadAnswerError(f"the connection ended after {answer!r}")
        answer += part
    return answer.decode("utf-8", "replace").rstrip("\n")
