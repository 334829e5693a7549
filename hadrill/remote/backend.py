"""Lets testinfra run its commands over the connections that are open already."""

from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult

from hadrill.inventory import Host
from hadrill.remote.remote import Remote


class RemoteBackend(BaseBackend):
    """The backend by which testinfra reaches a host through Remote."""

    NAME = "hadrill"

    def __init__(self, remote: Remote, host: Host, **options: Any) -> None:
        super().__init__(host.name, **options)
        self._remote, self._target = remote, host

    def run(self, command: str, *arguments: str, **_: Any) -> CommandResult:
        """Run a command, quoted by testinfra."""
        line = self.get_command(command, *arguments)
        output = self._remote.attempt(self._target, line)
        return self.result(output.status, line, output.stdout, output.stderr)
