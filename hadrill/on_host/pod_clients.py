"""Runs in a pod: a round trip with each data service's own protocol, again and again, a line of JSON each time.

Input: /etc/backends/backends.json, for each service where it is and how to log in. Output: {"at": Unix seconds, NAME:
"ok" or the error}. Needs nothing but Debian's packages of the clients, which the pods' image has.
"""

import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

Login = dict[str, str]
LIMIT = 2
"""Seconds for a connection, and for an answer."""
PACE = 3.0
"""Seconds between two rounds: a round opens five connections, and every node's pod makes them."""
KEPT: dict[str, Any] = {}


def postgresql(login: Login) -> bool:
    """A query."""
    import psycopg

    with psycopg.connect(
        host=login["host"],
        port=5432,
        user="hadrill",
        password=login["password"],
        dbname="hadrill",
        connect_timeout=LIMIT,
        options=f"-c statement_timeout={LIMIT}s",
    ) as link:
        row = link.execute("SELECT 41 + 1").fetchone()
    return row is not None and row[0] == 42


def redis(login: Login) -> bool:
    """SET and GET."""
    import redis as library

    with library.Redis(
        login["host"], 6379, password=login["password"], socket_timeout=LIMIT, socket_connect_timeout=LIMIT
    ) as link:
        key = f"hadrill:pod:{uuid.uuid4()}"
        link.set(key, "42", ex=60)
        return bool(link.get(key) == b"42")


def rabbitmq(login: Login) -> bool:
    """Publish, confirm, get."""
    import pika

    link = pika.BlockingConnection(
        pika.ConnectionParameters(
            login["host"],
            5672,
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


def minio(login: Login) -> bool:
    """PUT and GET. Building a client is slow in this library, so it is kept."""
    import boto3
    from botocore.config import Config

    if "minio" not in KEPT:
        KEPT["minio"] = boto3.client(
            "s3",
            endpoint_url=f"http://{login['host']}:9000",
            region_name="us-east-1",
            aws_access_key_id=login["user"],
            aws_secret_access_key=login["password"],
            config=Config(
                connect_timeout=LIMIT,
                read_timeout=2 * LIMIT,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )
    place = {"Bucket": login["bucket"], "Key": os.environ["NODE"]}
    KEPT["minio"].put_object(**place, Body=b"42")
    return bool(KEPT["minio"].get_object(**place)["Body"].read() == b"42")


def mariadb(login: Login) -> bool:
    """A query through the SQL proxy."""
    import pymysql

    link = pymysql.connect(
        host=login["host"],
        port=3306,
        user="hadrill",
        password=login["password"],
        connect_timeout=LIMIT,
        read_timeout=LIMIT,
        write_timeout=LIMIT,
    )
    with link.cursor() as cursor:
        cursor.execute("SELECT 41 + 1")
        row = cursor.fetchone()
    link.close()
    return bool(row and row[0] == 42)


ROUND_TRIPS: dict[str, Callable[[Login], bool]] = {
    "postgresql": postgresql,
    "redis": redis,
    "rabbitmq": rabbitmq,
    "minio": minio,
    "mariadb": mariadb,
}


def main() -> None:
    """Until the pod ends."""
    logins = json.loads(Path("/etc/backends/backends.json").read_text("ascii"))
    pause = threading.Event()
    while True:
        said: dict[str, Any] = {"at": time.time()}
        for name, login in logins.items():
            try:
                said[name] = "ok" if ROUND_TRIPS[name](login) else "another answer"
            except Exception as error:  # noqa: BLE001, PERF203 - whatever a driver raises is what the pod saw
                said[name] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        pause.wait(PACE)


if __name__ == "__main__":
    main()
