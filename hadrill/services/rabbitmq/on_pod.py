"""Runs in a pod (hadrill/on_host/pod_clients.py), where hadrill is not: a round trip with RabbitMQ."""

import pika

LIMIT = 2
"""Seconds that a connection may take, and that an answer may take."""


def round_trip(login: dict[str, str]) -> bool:
    """Publish, confirm, get."""
    link = pika.BlockingConnection(
        pika.ConnectionParameters(
            login["host"],
            int(login.get("port", 5672)),
            virtual_host="hadrill",
            credentials=pika.PlainCredentials("hadrill", login["password"]),
            socket_timeout=LIMIT,
            stack_timeout=2 * LIMIT,
            blocked_connection_timeout=LIMIT,
        )
    )
    channel = link.channel()
    channel.confirm_delivery()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.basic_publish("", queue, b"42")
    body = channel.basic_get(queue, auto_ack=True)[2]
    link.close()
    return bool(body == b"42")
