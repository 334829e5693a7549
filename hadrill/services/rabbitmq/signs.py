"""How the causes look in the facts: each function returns the lines that show one, and none where it is not there.

Signatures are the words of RabbitMQ 4's management interface and of Erlang's distribution.
"""

from collections.abc import Iterator

from hadrill.services.rabbitmq.facts import RabbitmqFacts
from hadrill.services.rabbitmq.service import PORT

COOKIE = "Invalid challenge reply|invalid challenge|disallowed node|rejected because of.*cookie|cookies? mismatch"


def cookie(view: RabbitmqFacts) -> Iterator[str]:
    """Nodes that do not believe each other."""
    apart = list(not_joined(view)) or list(not_running(view)) or list(stopped(view))
    if apart or not view.before:
        for host in view.hosts:
            yield from view.log(host, "log", f"(?i){COOKIE}")


def not_joined(view: RabbitmqFacts) -> Iterator[str]:
    """Nodes that are in no cluster with the others."""
    for host, known in view.nodes.items():
        missing = [name for name in view.names if name not in known]
        if missing:
            yield f"{host} knows {', '.join(sorted(known))} and not {', '.join(missing)}"


def not_running(view: RabbitmqFacts) -> Iterator[str]:
    """Nodes that the others miss."""
    for host, known in view.nodes.items():
        for name, row in known.items():
            if not row.get("running") and name != view.victim:
                yield f"{host} sees rabbit@{name} not running"


def partitioned(view: RabbitmqFacts) -> Iterator[str]:
    """Nodes that lost sight of each other."""
    for host, known in view.nodes.items():
        if partitions := known.get(host, {}).get("partitions"):
            yield f"{host} is partitioned from {', '.join(map(str, partitions))}"


def frozen_in_use(view: RabbitmqFacts) -> Iterator[str]:
    """Nodes that take connections and answer none, while proxies lead clients there."""
    frozen = [host for host in view.asked if host in view.names and view.answer(host, "nodes").error == "silent"]
    for proxy, servers in view.servers().items():
        for name in frozen:
            if (row := servers.get(name)) and row["status"].startswith("UP"):
                shown = row.get("check_desc") or row.get("last_chk", "")
                yield f"{proxy}: {name} is {row['status']} ({shown}), though it answers nobody"


def alarm(view: RabbitmqFacts, name: str, what: str) -> Iterator[str]:
    """Nodes that block every publisher of the cluster."""
    for host, known in view.nodes.items():
        row = known.get(host, {})
        if row.get(name):
            sizes = f"free {row.get('disk_free')}, limit {row.get('disk_free_limit')}" if "disk" in name else name
            yield f"{host}: {what} ({sizes})"


def classic(view: RabbitmqFacts) -> Iterator[str]:
    """Queues that live on one node only."""
    for queue in view.queues:
        if queue.get("type") == "classic" and queue.get("durable") and not queue.get("exclusive"):
            yield f"queue {queue['name']!r} is classic: its messages are on one node only"


def few_members(view: RabbitmqFacts) -> Iterator[str]:
    """Quorum queues that one lost node can stop."""
    needed = min(3, len(view.names))
    for queue in view.queues:
        members = queue.get("members") or []
        if queue.get("type") == "quorum" and len(members) < needed:
            yield f"queue {queue['name']!r} has {len(members)} of {needed} members: {', '.join(members)}"


def few_online(view: RabbitmqFacts) -> Iterator[str]:
    """Quorum queues without a majority."""
    for queue in view.queues:
        members, online = queue.get("members") or [], queue.get("online") or []
        if queue.get("type") == "quorum" and len(online) < len(members) // 2 + 1:
            yield f"queue {queue['name']!r}: {len(online)} of {len(members)} members online, it confirms nothing"


def stopped(view: RabbitmqFacts) -> Iterator[str]:
    """Nodes that do not take connections."""
    for host in view.hosts:
        if view.answer(host, "amqp").error:
            yield f"{host}: nothing listens on {PORT}"
