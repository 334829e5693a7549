"""What RabbitMQ's nodes hold that is not hadrill's, by the management interface's counts: no message is read."""

from typing import Any

from hadrill.inventory import Host
from hadrill.services.errors import reading
from hadrill.services.guarded import Foreign
from hadrill.services.rabbitmq.service import Rabbitmq

QUEUES = "/api/queues?disable_stats=false&columns=name,type,node,durable,consumers,messages,messages_persistent"
OWN = "hadrill."
"""How names of hadrill's own queues begin."""


def _queues(service: Rabbitmq, host: Host) -> list[dict[str, Any]]:
    """Queues of others, in the words of one node. Raises OSError, BadAnswerError."""
    with reading(f"RabbitMQ on {host}"):
        return [queue for queue in service.management(host, QUEUES) if not str(queue["name"]).startswith(OWN)]


def foreign(service: Rabbitmq, host: Host) -> Foreign:
    """Messages of queues that nobody empties. They are counted every few seconds, so that only a great loss counts.

    A node that is back does not know them at once, nor does any those of a new queue: BadAnswerError, ask again.
    """
    with reading(f"RabbitMQ on {host}"):
        messages = sum(int(queue["messages"]) for queue in _queues(service, host) if not queue["consumers"])
    return Foreign("messages", messages, exact=False)


def why_not_survives(service: Rabbitmq, host: Host) -> str:
    """Messages of classic queues on a node that are not on its disk: another node has no copy of them."""
    gone: dict[str, int] = {}
    for queue in _queues(service, host):
        if queue.get("type") != "classic" or queue.get("node") != f"rabbit@{host.name}":
            continue
        kept = int(queue.get("messages_persistent", 0)) if queue.get("durable") else 0
        if (lost := int(queue.get("messages", 0)) - kept) > 0:
            gone[str(queue["name"])] = lost
    if not gone:
        return ""
    names = ", ".join(sorted(gone)[:3]) + (", ..." if len(gone) > 3 else "")
    return f"{sum(gone.values()):,} messages that are not on {host}'s disk would be gone: classic queues {names}"
