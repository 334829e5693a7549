"""Which machine gets which script of this folder, in the order in which an administrator goes about it."""

import shlex
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hadrill.inventory import Host, Inventory
from hadrill.lab.state import ensure_credentials
from hadrill.remote import Remote

FOLDER = Path(__file__).parent
START = "set -eu; systemctl unmask --quiet podman-restart; systemctl enable --now --quiet podman-restart\n"
"""The engine's own unit starts containers again after a boot; there is no daemon that would."""
SECRET = "looks-at-the-shop"
SLOWEST_SECONDS = 120.0
DATABASES = {f"pg-{number}": f"198.18.4.1{number}" for number in (1, 2, 3)}
CACHES = {f"cache-{number}": f"198.18.4.2{number}" for number in (1, 2, 3)}
QUEUES = {f"mq-{number}": f"198.18.4.3{number}" for number in (1, 2, 3)}
OBJECTS = {f"obj-{number}": f"198.18.4.4{number}" for number in (1, 2, 3)}
NODES = {f"sql-{number}": f"198.18.4.5{number}" for number in (1, 2, 3)}
SQL_PROXIES = {f"sqlpx-{number}": f"198.18.4.6{number}" for number in (1, 2)}
FRONTS = {f"px-{number}": f"198.18.4.7{number}" for number in (1, 2)}
MACHINES = DATABASES | CACHES | QUEUES | OBJECTS | NODES | SQL_PROXIES | FRONTS


def rows() -> list[str]:
    """Rows of servers.tsv for machines with nothing but a system."""
    return [f"{name}\t{address}\t\t{name}.shop.hadrill.test\tbase\t\t" for name, address in MACHINES.items()]


class Stack:
    """The machines of this stack, once they have power."""

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        self.inventory = inventory
        self.remote = remote

    def lay_down(self) -> None:
        """Set everything up; what waits for others of its kind waits in a thread of its own."""
        hosts = "".join(f"{address} {name}\n" for name, address in MACHINES.items())
        self._each(MACHINES, lambda host: self.remote.run(host, f"{START} cat >> /etc/hosts", stdin=hosts))
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda make: make(), (self._sql, self._databases, self._queues, self._rest)))

    def _databases(self) -> None:
        self._run("postgres", DATABASES, "patroni", DATABASES.values())

    def _queues(self) -> None:
        self._run("rabbitmq", QUEUES, "rabbitmq", QUEUES)

    def _rest(self) -> None:
        self._run("redis", CACHES, "redis", CACHES.values())
        self._run("minio", OBJECTS, "minio", ())
        self._run("sql-proxy", SQL_PROXIES, "haproxy", NODES.values())
        words = {"DATABASES": DATABASES, "CACHES": CACHES, "QUEUES": QUEUES}
        before = "".join(f"{name}='{' '.join(those.values())}'\n" for name, those in words.items())
        self._script("front", FRONTS, before)

    def _sql(self) -> None:
        first, *others = NODES
        for which, verb in ((first, "first"), *((other, "join") for other in others), (first, "again")):
            self._run("galera", {which: NODES[which]}, "mariadb", NODES.values(), verb)
            self._synced(which)

    def _synced(self, node: str) -> None:
        ask = "docker exec shop-mariadb mariadb -uroot -psql-of-the-shop -Nse"
        state = f"{ask} \"SHOW STATUS LIKE 'wsrep_ready'\" 2>/dev/null | grep -q ON"
        wait = f"until {state}; do sleep 0.2; done"
        self.remote.run(self.inventory.host(node), shlex.join(["sh", "-c", wait]), seconds=SLOWEST_SECONDS)

    def accounts(self) -> None:
        """What an administrator makes when `hadrill adopt` has told him what it may not read."""
        for service, name in (("mariadb", "sql-1"), ("rabbitmq", "mq-1")):
            self._script("accounts", (name,), "", service)
        lead = "docker exec shop-postgres psql -h /tmp -U postgres -Atc 'SELECT pg_is_in_recovery()' | grep -q f"
        for name in DATABASES:
            if self.remote.attempt(self.inventory.host(name), lead).status == 0:
                self._script("accounts", (name,), "", "postgres")

    def _run(self, script: str, hosts: dict[str, str], image: str, peers: Iterable[str], *words: str) -> None:
        before = f"IMAGE={shlex.quote(self.inventory.image(image))} PEERS={shlex.quote(' '.join(peers))}\n"
        self._script(script, hosts, before, *words)

    def _script(self, script: str, hosts: Iterable[str], before: str, *words: str) -> None:
        text = (FOLDER / f"{script}.sh").read_text("ascii")

        def run(host: Host) -> None:
            own = f"set -eu\nNAME={host.name} ADDRESS={host.address}\n{before}"
            self.remote.run(host, shlex.join(["sh", "-s", "--", *words]), stdin=own + text, seconds=SLOWEST_SECONDS)

        self._each(hosts, run)

    def _each(self, hosts: Iterable[str], do: Callable[[Host], object]) -> None:
        """On all of them at once; the first that fails ends it."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(lambda name: do(self.inventory.host(name)), hosts))


def write_inventory(folder: Path, lab: Path) -> Path:
    """An inventory of the lab with these machines beside its own."""
    folder.mkdir()
    for name in ("settings.yaml", "versions.yaml"):
        (folder / name).write_text((lab / name).read_text("utf-8"), "utf-8")
    lines = [*(lab / "servers.tsv").read_text("ascii").splitlines(), *rows()]
    (folder / "servers.tsv").write_text("\n".join([*lines, ""]), "ascii")
    ensure_credentials(folder, lab.name)
    return folder
