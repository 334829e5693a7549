"""Versions as they are really running, asked of the services themselves."""

import re
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hadrill.inventory import Host, Inventory
from hadrill.services.asking import ANSWER_SECONDS, failures, first_line
from hadrill.services.http import get_json
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.minio.service import Minio
from hadrill.services.postgresql.service import REST_PORT, Postgresql
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.redis.service import Redis

STATISTICS_PORT = 8404


def running_versions(inventory: Inventory) -> dict[str, str]:
    """Version of each service in the inventory; where it does not answer, the reason."""
    postgresql, redis, rabbitmq = Postgresql(inventory), Redis(inventory), Rabbitmq(inventory)
    minio, mariadb = Minio(inventory), Mariadb(inventory)
    questions: dict[str, Callable[[], str]] = {}
    if postgresql.members:
        questions |= {"PostgreSQL": lambda: _postgresql(postgresql), "Patroni": lambda: _patroni(postgresql)}
    if redis.members:
        questions["Redis"] = lambda: _redis(redis)
    if rabbitmq.members:
        questions["RabbitMQ"] = lambda: str(
            rabbitmq.management(rabbitmq.members[-1], "/api/overview")["rabbitmq_version"]
        )
    if minio.members:
        questions["MinIO"] = lambda: f"image {inventory.image('minio')}"
    if proxies := inventory.of_role("haproxy"):
        questions["HAProxy"] = lambda: _haproxy(proxies[-1])
    if mariadb.members:
        questions["MariaDB"] = lambda: _mariadb(mariadb)
        questions["SQL proxy"] = lambda: mariadb.proxy_kind

    def ask(question: Callable[[], str]) -> str:
        try:
            return question()
        except failures() as error:
            return f"no answer ({first_line(error)})"

    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(questions, pool.map(ask, questions.values()), strict=True))


def _postgresql(service: Postgresql) -> str:
    with service.connect(service.entry_point) as connection:
        return str(connection.info.parameter_status("server_version"))


def _patroni(service: Postgresql) -> str:
    return str(get_json(service.members[-1].address, REST_PORT, "/patroni")["patroni"]["version"])


def _haproxy(host: Host) -> str:
    """From the statistics page, which is the only place where HAProxy tells its version over the network."""
    with urllib.request.urlopen(f"http://{host.address}:{STATISTICS_PORT}/", timeout=ANSWER_SECONDS) as page:
        found = re.search(rb"HAProxy version ([0-9][^,<\s]*)", page.read())
    return found[1].decode("ascii") if found else "not told"


def _redis(service: Redis) -> str:
    with service.client(service.entry_point) as client:
        return str(client.info("server")["redis_version"])


def _mariadb(service: Mariadb) -> str:
    with service.connect(service.entry_point) as connection:
        return str(connection.get_server_info())
