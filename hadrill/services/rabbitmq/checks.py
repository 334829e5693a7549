"""What is true of a healthy RabbitMQ cluster, as an application and as every node sees it."""

import uuid
from functools import partial
from typing import Any

import pika

from hadrill.inventory import Host
from hadrill.services.asking import ANSWER_SECONDS, ask, disagreements, failures, silence, through_each
from hadrill.services.finding import Finding, require
from hadrill.services.rabbitmq.service import MANAGEMENT_PORT, PORT, Rabbitmq

QUEUE_PREFIX = "hadrill.check."
QUEUE_EXPIRES_MS = 60000


def connectivity(service: Rabbitmq) -> None:
    """A message is confirmed by a quorum queue and comes back, at the entry point and through each HAProxy."""
    way = service.inventory.entry_point(PORT)
    require(through_each(partial(_send_and_receive, service), way.place, service.proxies, way.behind))


def cluster(service: Rabbitmq) -> None:
    """Every node, asked over the network, sees all nodes running, no partition and no alarm."""
    views, findings = ask(
        service.members, lambda host: service.management(host, "/api/nodes"), MANAGEMENT_PORT, "its view of the cluster"
    )
    sizes = {host: len(view) for host, view in views.items()}
    findings += disagreements(sizes, "nodes:", "this node is in a cluster of its own: cookie or host names differ")
    for host, view in views.items():
        findings += _unhealthy_nodes(service, host, view)
    require({(f.host, f.actual): f for f in findings}.values())


ALL = (connectivity, cluster)
"""Every check of this service, in the order of the report."""


def _send_and_receive(service: Rabbitmq, name: str, address: str) -> list[Finding]:
    queue = QUEUE_PREFIX + uuid.uuid4().hex
    body = queue.encode()
    try:
        connection = service.connect(address)
        try:
            channel = connection.channel()
            # Expires by itself where this process is killed before it can delete the queue.
            channel.queue_declare(
                queue, durable=True, arguments={"x-queue-type": "quorum", "x-expires": QUEUE_EXPIRES_MS}
            )
            channel.confirm_delivery()
            persistent = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
            channel.basic_publish("", queue, body, persistent, mandatory=True)
            received = None
            for method, _, content in channel.consume(queue, inactivity_timeout=ANSWER_SECONDS):
                received = content
                if method is not None:
                    channel.basic_ack(method.delivery_tag)
                break
            channel.cancel()
            channel.queue_delete(queue)
        finally:
            if connection.is_open:
                connection.close()
    except failures() as error:
        odd = "HAProxy has no node left behind it, or the queue has no majority"
        return [silence(name, address, PORT, "a message to be confirmed and received", error, odd)]
    if received != body:
        cause = "the queue has no leader, or lost the message"
        return [Finding(name, "the message that was confirmed", repr(received), cause)]
    return []


def _unhealthy_nodes(service: Rabbitmq, asked: Host, view: list[dict[str, Any]]) -> list[Finding]:
    findings = []
    known = {node["name"].partition("@")[2]: node for node in view}
    for host in service.members:
        node = known.get(host.name)
        if node is None:
            cause = "the node never joined: the Erlang cookie or the names in /etc/hosts differ"
            findings.append(Finding(host.name, "a node of the cluster", f"unknown to {asked}", cause))
        elif not node.get("running"):
            findings.append(
                Finding(host.name, "a running node", "not running", "RabbitMQ is stopped on this node, or cut off")
            )
        elif alarms := [alarm for alarm in ("mem_alarm", "disk_free_alarm") if node.get(alarm)]:
            findings.append(
                Finding(host.name, "no alarm", ", ".join(alarms), "publishers are blocked until it is gone")
            )
        elif node.get("partitions"):
            findings.append(
                Finding(host.name, "no partition", str(node["partitions"]), "nodes lost sight of each other")
            )
    return findings
