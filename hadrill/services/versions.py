"""Versions as they are really running, asked of the services themselves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hadrill.inventory import Inventory
from hadrill.services.asking import FAILURES, first_line
from hadrill.services.http import get_json
from hadrill.services.mariadb import Mariadb
from hadrill.services.minio import Minio
from hadrill.services.postgresql import Postgresql
from hadrill.services.postgresql.service import REST_PORT
from hadrill.services.rabbitmq import Rabbitmq
from hadrill.services.redis import Redis


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
    if mariadb.members:
        questions["MariaDB"] = lambda: _mariadb(mariadb)
        questions["SQL proxy"] = lambda: mariadb.proxy_kind

    def ask(question: Callable[[], str]) -> str:
        try:
            return question()
        except FAILURES as error:
            return f"no answer ({first_line(error)})"

    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(questions, pool.map(ask, questions.values()), strict=True))


def _postgresql(service: Postgresql) -> str:
    with service.connect(service.entry_point) as connection:
        return str(connection.info.parameter_status("server_version"))


def _patroni(service: Postgresql) -> str:
    return str(get_json(service.members[-1].address, REST_PORT, "/patroni")["patroni"]["version"])


def _redis(service: Redis) -> str:
    with service.client(service.entry_point) as client:
        return str(client.info("server")["redis_version"])


def _mariadb(service: Mariadb) -> str:
    with service.connect(service.entry_point) as connection:
        return str(connection.get_server_info())
