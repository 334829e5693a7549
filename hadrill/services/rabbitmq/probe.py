"""The drill's queue, as each node sees it."""

import json
from typing import Any

from hadrill.inventory import Host
from hadrill.services.http import OK, Pages
from hadrill.services.member import SILENT, Member, Probe
from hadrill.services.rabbitmq.service import MANAGEMENT_PORT, VHOST, Rabbitmq

ASK_SECONDS = 1.0


def queue_state(service: Rabbitmq, host: Host, queue: str) -> dict[str, Any]:
    """The queue in the words of a node's management interface. Raises OSError."""
    state: dict[str, Any] = service.management(host, f"/api/queues/{VHOST}/{queue}")
    return state


def probe(service: Rabbitmq, host: Host, queue: str = "") -> Probe:
    """Whether the node leads the queue, over a connection that is kept; without a queue, whether it answers."""
    pages = Pages(host.address, service.inventory.port(MANAGEMENT_PORT), ASK_SECONDS, service.login)
    path = f"/api/queues/{VHOST}/{queue}" if queue else "/api/whoami"

    def ask() -> Member:
        try:
            page = pages.ask(path)
            state = json.loads(page.body) if page.status == OK else {}
        except (OSError, ValueError):
            return SILENT
        if not queue:
            return Member("node") if state else SILENT
        if state.get("leader") == f"rabbit@{host.name}":
            return Member("leader", leads=True)
        online = f"rabbit@{host.name}" in state.get("online", ())
        return Member("follower") if online else Member("down", away=True)

    return ask
