"""The tasks that `fab -l` lists: one a module, one for all, and the way back."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fabric import task
from invoke.context import Context
from invoke.exceptions import Exit

from hadrill.install import base as base_module
from hadrill.install import clean as clean_module
from hadrill.install import kubernetes as kubernetes_module
from hadrill.install import mariadb as mariadb_module
from hadrill.install import minio as minio_module
from hadrill.install import postgresql as postgresql_module
from hadrill.install import rabbitmq as rabbitmq_module
from hadrill.install import redis as redis_module
from hadrill.install import sql_proxy as sql_proxy_module
from hadrill.install.rolling import until_whole
from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host, InvalidInventoryError, Inventory, read
from hadrill.inventory.default import default_folder
from hadrill.remote import RemoteError
from hadrill.report.inventory_table import summary
from hadrill.report.screen import standard_output
from hadrill.services.asking import failures
from hadrill.services.finding import CheckFailedError
from hadrill.services.kubernetes import checks as kubernetes_checks
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.mariadb import checks as mariadb_checks
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.minio import checks as minio_checks
from hadrill.services.minio.service import Minio
from hadrill.services.postgresql import checks as postgresql_checks
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.rabbitmq import checks as rabbitmq_checks
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.redis import checks as redis_checks
from hadrill.services.redis.service import Redis
from hadrill.timing import OverdueError

DEFAULT = str(default_folder())
Module = Callable[[Site], None]
ERRORS = (InstallError, RemoteError, InvalidInventoryError, CheckFailedError, OverdueError)


@task
def inventory(_: Context, inventory: str = DEFAULT) -> None:
    """Module 1: read and validate the inventory; touches no host."""
    try:
        sys.stdout.write(summary(read(Path(inventory)), standard_output()) + "\n")
    except InvalidInventoryError as error:
        raise Exit(str(error), code=1) from error


@task
def base(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Module 2: engine, swap, names, resolver, SSH, firewall."""
    _run(inventory, check, base_module.install)


@task
def postgresql(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Module 3: PostgreSQL with Patroni and pgvector, HAProxy, PgBouncer."""
    _run(inventory, check, postgresql_module.install)


@task
def redis(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Module 4: Redis with Sentinel, and HAProxy that follows the master."""
    _run(inventory, check, redis_module.install)


@task
def rabbitmq(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Module 5: RabbitMQ with quorum queues."""
    _run(inventory, check, rabbitmq_module.install)


@task
def minio(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Module 6: distributed MinIO."""
    _run(inventory, check, minio_module.install)


@task
def mariadb(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Module 7: MariaDB Galera."""
    _run(inventory, check, mariadb_module.install)


@task
def sql_proxy(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Module 8: ProxySQL, or HAProxy, in front of Galera."""
    _run(inventory, check, sql_proxy_module.install)


@task
def kubernetes(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Module 9: Kubernetes with its addons and ingress."""
    _run(inventory, check, kubernetes_module.install)


@task(name="all")
def everything(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Modules 2 to 9 in order; each must be whole before the next begins."""
    proved = [_proved(name, module) for name, module in MODULES.items()]
    _run(inventory, check, kubernetes_module.beforehand, *proved)


@task
def clean(_: Context, inventory: str = DEFAULT, host: str = "", consent: str = "", check: bool = False) -> None:
    """Take --host, or every host, back to bare; data is lost. Wants --consent NAME, the inventory's name."""

    def work(site: Site) -> None:
        hosts = (site.inventory.host(host),) if host else site.inventory.managed
        clean_module.clean(site, hosts, consent)

    _run(inventory, check, work)


BASE = "base"
"""What every host gets."""
MODULES: dict[str, Module] = {
    BASE: base_module.install,
    "postgresql": postgresql_module.install,
    "redis": redis_module.install,
    "rabbitmq": rabbitmq_module.install,
    "minio": minio_module.install,
    "mariadb": mariadb_module.install,
    "sql_proxy": sql_proxy_module.install,
    "kubernetes": kubernetes_module.install,
}


def proofs(stock: Inventory, module: str) -> list[Callable[[], None]]:
    """What must hold after a module; nothing where the inventory has no host for it."""
    database, cache, queue = Postgresql(stock), Redis(stock), Rabbitmq(stock)
    objects, galera, nodes = Minio(stock), Mariadb(stock), Kubernetes(stock)
    known: dict[str, tuple[tuple[Host, ...], list[Callable[[], None]]]] = {
        "postgresql": (database.members, [partial(check, database) for check in postgresql_checks.ALL]),
        "redis": (cache.members, [partial(check, cache) for check in redis_checks.ALL]),
        "rabbitmq": (queue.members, [partial(check, queue) for check in rabbitmq_checks.ALL]),
        "minio": (objects.members, [partial(check, objects) for check in minio_checks.ALL]),
        "mariadb": (galera.members, [partial(mariadb_checks.cluster, galera)]),
        "sql_proxy": (galera.proxies, [partial(check, galera) for check in mariadb_checks.ALL]),
        "kubernetes": (nodes.servers, [partial(check, nodes) for check in kubernetes_checks.ALL]),
    }
    hosts, checks = known.get(module, ((), []))
    return checks if hosts else []


def _proved(name: str, module: Module) -> Module:
    def work(site: Site) -> None:
        wanted = proofs(site.inventory, name)
        if not wanted and name != BASE:
            site.say(f"{name}: nothing to install: the inventory has no host for it")
            return
        site.say(f"{name}: installing")
        module(site)
        if not site.check:
            for proof in wanted:
                until_whole(proof, f"{name} to be whole, before the next module")
            site.say(f"{name}: whole")

    return work


def _run(folder: str, check: bool, *modules: Module) -> None:
    """Run modules on an inventory; print what changed, or end with a sentence that says what went wrong."""
    try:
        site = Site(read(Path(folder)), check=check)
    except InvalidInventoryError as error:
        raise Exit(str(error), code=1) from error
    try:
        for module in modules:
            module(site)
    except failures(*ERRORS) as error:
        raise Exit(
            f"{type(error).__name__}: {error}\n{site.changed} changed before that; run it again once this is mended", 1
        ) from error
    finally:
        site.close()
    site.say(f"{site.changed} {'would change' if check else 'changed'}")
