"""Whether a machine has booted: its sshd greets."""

import socket

GREETING_SECONDS = 1.0


def ssh_answers(address: str, port: int) -> bool:
    """Whether an SSH server greets at this address. A machine that is still booting does not yet."""
    try:
        with socket.create_connection((address, port), timeout=GREETING_SECONDS) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
