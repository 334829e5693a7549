"""What can go wrong on the way to a host, each as a sentence with the host and the remedy."""

from hadrill.remote.output import Output


class RemoteError(Exception):
    """Something about one host; `host` is its name."""

    def __init__(self, host: str, message: str) -> None:
        self.host, self.reason = host, message
        super().__init__(f"{host}: {message}")


class UnreachableError(RemoteError):
    """The host cannot be worked with at all: power, network, host key or login."""


class CommandFailedError(RemoteError):
    """A command ended with another status than 0, or not in time."""

    def __init__(self, host: str, command: str, output: Output) -> None:
        self.command, self.output = command, output
        short = command if len(command) <= 120 else command[:117] + "..."
        super().__init__(host, f"`{short}` ended with {output.status}:\n{output.tail}")
