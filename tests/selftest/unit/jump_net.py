"""Two of OpenSSH's servers, a jump host and a host that lies behind it. The fixture `net` (conftest.py) runs them."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from hadrill.inventory import Host, Inventory
from tests.selftest.unit.openssh import Server

INNER = "127.0.0.2"
"""Where the host behind the jump host is; the name `inner` for it only the jump host knows."""


@dataclass(frozen=True)
class Net:
    """A jump host and a host behind it, with the key that opens both for every user."""

    folder: Path
    jump: Server
    inner: Server
    key: Path
    inventory: Inventory

    def known(self, *servers: Server) -> Path:
        """A known_hosts file with these servers."""
        file = self.folder / f"known-{time.monotonic_ns()}"
        file.write_text("".join(server.known for server in servers), "ascii")
        return file

    def seen(self, **ssh: object) -> Inventory:
        """The inventory with these SSH settings, those of both servers, and no configuration unless one is given."""
        usual = {"key": self.key, "known_hosts": self.known(self.jump, self.inner), "config": Path("none")}
        given = {name: value for name, value in (usual | ssh).items() if value is not None}
        settings = self.inventory.settings
        settings = settings.model_copy(update={"ssh": type(settings.ssh).model_validate(given)})
        return replace(self.inventory, settings=settings)

    def host(self, name: str = "redis-02", **own: object) -> Host:
        """A host of the inventory at the inner server's address."""
        host = replace(self.inventory.host(name), address=INNER, ssh_port=self.inner.port)
        return replace(host, **own)  # type: ignore[arg-type] # names of a host's fields

    @property
    def through(self) -> str:
        """The way through the jump host, as an inventory has it."""
        return f"admin@127.0.0.1:{self.jump.port}"
