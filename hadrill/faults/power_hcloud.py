"""Power by the Hetzner Cloud API.

The token is HCLOUD_TOKEN in credentials/hcloud.env; servers have their hosts' names and addresses.
"""

from collections.abc import Callable
from typing import Any

from hcloud import APIException, Client
from hcloud.actions import ActionException

from hadrill.faults.power import PowerError
from hadrill.inventory import Host, Inventory
from hadrill.inventory.credentials import power_token

POLL_SECONDS = 0.5
MAX_POLLS = 240
RUNNING = "running"


def why_not_its_server(host: Host, server: Any) -> str:
    """Why a server of a host's name is another machine, as the token may be another project's; empty where it is not.

    Public addresses decide where both have one. Otherwise the server must have every address of the inventory's host.
    What that leaves unproved: copies of a stack often have the same names and private addresses, so a server of
    another project is taken for the host where the inventory has no public address and the private one is the same.
    """
    public, private = _addresses(server)
    theirs = public if public and host.public else [*public, *private]
    ours = [host.public] if public and host.public else [address for address in (host.address, host.public) if address]
    if ours and set(ours) <= set(theirs):
        return ""
    return (
        f"the Hetzner server {host.name} has {', '.join([*public, *private]) or 'no address'};"
        f" {host} of the inventory has {', '.join(address for address in (host.address, host.public) if address)}:"
        " another machine of the same name, which is left alone (is HCLOUD_TOKEN of the right project?)"
    )


def _addresses(server: Any) -> tuple[list[str], list[str]]:
    """A server's public and private IPv4 addresses; an inventory has no others."""
    public = [server.public_net.ipv4.ip] if server.public_net and server.public_net.ipv4 else []
    return public, [net.ip for net in server.private_net or ()]


class HcloudPower:
    """Each verb waits until Hetzner says that it is done. `endpoint` is another address of the API, for tests."""

    heals = True

    def __init__(self, inventory: Inventory, endpoint: str = "") -> None:
        token = power_token(inventory.folder / "credentials" / "hcloud.env", "HCLOUD_TOKEN")
        if not token:
            raise PowerError(
                f"no HCLOUD_TOKEN in {inventory.folder}/credentials/hcloud.env: put a token with write access there"
            )
        elsewhere: dict[str, Any] = {"api_endpoint": endpoint} if endpoint else {}
        self._client = Client(
            token=token, application_name="hadrill", poll_interval=POLL_SECONDS, poll_max_retries=MAX_POLLS, **elsewhere
        )

    def off(self, host: Host) -> None:
        """Cut the power."""
        self._do(host, lambda server: self._client.servers.power_off(server))

    def on(self, host: Host) -> None:
        """Switch on."""
        if not self.is_on(host):
            self._do(host, lambda server: self._client.servers.power_on(server))

    def reset(self, host: Host) -> None:
        """Off and on again."""
        self._do(host, lambda server: self._client.servers.reset(server))

    def is_on(self, host: Host) -> bool:
        """Hetzner's word for it."""
        return str(self._server(host).status) == RUNNING

    def _server(self, host: Host) -> Any:
        try:
            server = self._client.servers.get_by_name(host.name)
        except (APIException, OSError) as error:
            raise PowerError(f"the Hetzner API does not answer for {host}: {error}") from error
        if server is None:
            raise PowerError(
                f"the Hetzner project of this token has no server {host.name}: servers bear their hosts' names"
            )
        if reason := why_not_its_server(host, server):
            raise PowerError(reason)
        return server

    def _do(self, host: Host, verb: Callable[[Any], Any]) -> None:
        try:
            verb(self._server(host)).wait_until_finished()
        except (APIException, ActionException, OSError) as error:
            raise PowerError(f"the Hetzner API refused for {host}: {error}") from error
