"""ProxySQL, installed, asked and examined: on a stand-in that speaks its protocol and refuses what it refuses."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pymysql
import pytest

from hadrill.diagnosis import Diagnosis, Facts, HostFacts, Reply
from hadrill.diagnosis.common import LISTENERS
from hadrill.faults import Kind
from hadrill.install import proxysql
from hadrill.install.desired import Units
from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host, Inventory, read
from hadrill.services.errors import BadAnswerError
from hadrill.services.mariadb.cluster import MariadbCluster
from hadrill.services.mariadb.diagnosis import EXAMINATION
from hadrill.services.mariadb.facts import orders
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.proxysql.administration import Administration
from hadrill.services.proxysql.cluster import SqlProxyCluster
from hadrill.timing import Deadline, Timeline, eventually
from tests.selftest.proxysql.nodes import Nodes
from tests.selftest.proxysql.running import StandIn, on_loopback, stand_ins

pytestmark = pytest.mark.xdist_group("proxysql")  # one process starts all stand-ins of a worker
SEEN_SECONDS = 10.0


@pytest.fixture
def inventory(keybuzz: Path) -> Inventory:
    """Production's, whose proxies are ProxySQL."""
    return on_loopback(read(keybuzz))


class OnLoopback(Site):
    """A site whose hosts are stand-ins: what is installed on the host is done on this computer, or told only."""

    def __init__(self, inventory: Inventory, made: list[StandIn], monkeypatch: pytest.MonkeyPatch, **options: bool):
        super().__init__(inventory, check=options.get("check", False))
        self.made = {one.host.name: one for one in made}
        self.restarted: list[str] = []
        monkeypatch.setattr(proxysql, "run_program", self._run_here)

    def apply(self, desired: Any) -> dict[Host, Units]:
        return {host: Units((), ()) for host in desired}

    def start(self, host: Host, units: Any, verb: str = "start") -> None:
        self.restarted.append(f"{verb} {' '.join(units)} on {host}")
        self.made[host.name].restart()

    def _run_here(self, _: object, host: Host, program: str, message: dict[str, Any], _seconds: float) -> Any:
        message = message | {"address": self.made[host.name].local}
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, input=json.dumps(message), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def install(self) -> int:
        """Install ProxySQL on all of them. Returns how much was changed."""
        service = Mariadb(self.inventory)
        proxysql.install(self, service, service.proxies, proxysql.desired(self))
        return self.changed


def configuration(inventory: Inventory) -> str:
    """What is installed on a host for ProxySQL's first start."""
    files = proxysql.desired(Site(inventory, check=True)).files
    return next(file.content for file in files if file.path == proxysql.CONFIGURATION)


def by_an_older_version(inventory: Inventory) -> str:
    """The same, as it was while administrators had the name of the applications' user."""
    return configuration(inventory).replace("hadrill_admin:", "hadrill:")


@pytest.fixture
def proxies(inventory: Inventory, tmp_path: Path) -> Iterator[list[StandIn]]:
    with stand_ins(inventory.of_role("proxysql"), tmp_path, configuration(inventory)) as made:
        yield made


@pytest.fixture
def proxy(inventory: Inventory, tmp_path: Path) -> Iterator[StandIn]:
    with stand_ins(inventory.of_role("proxysql")[:1], tmp_path, configuration(inventory)) as made:
        yield made[0]


def with_one_proxy(inventory: Inventory) -> Inventory:
    """Without the second proxy, where one shows it all."""
    return replace(inventory, hosts=tuple(host for host in inventory.hosts if host.name != "proxysql-02"))


def of_users(host: Host, inventory: Inventory) -> list[tuple[str, ...]]:
    """Who may log in on the clients' port."""
    with Administration(inventory, host) as administration:
        return administration.rows("SELECT username, default_hostgroup FROM runtime_mysql_users")


def log_in(address: str, user: str, inventory: Inventory) -> None:
    """To the administration port, with the administrators' password."""
    password = inventory.credentials.secret("proxysql", "ADMIN_PASSWORD")
    pymysql.connect(host=address, port=6032, user=user, password=password, connect_timeout=5).close()


def test_a_second_installation_changes_nothing(
    inventory: Inventory, proxies: list[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OnLoopback(inventory, proxies, monkeypatch).install() > 0
    assert OnLoopback(inventory, proxies, monkeypatch, check=True).install() == 0
    assert OnLoopback(inventory, proxies, monkeypatch).install() == 0
    proxies[0].restart()
    assert OnLoopback(inventory, proxies, monkeypatch).install() == 0


def test_the_stand_in_refuses_what_proxysql_refuses(inventory: Inventory, proxy: StandIn) -> None:
    host = proxy.host.address
    log_in(proxy.local, "admin", inventory)
    with pytest.raises(pymysql.OperationalError, match="User 'admin' can only connect locally"):
        log_in(host, "admin", inventory)
    with pytest.raises(pymysql.OperationalError, match=r"1045.*Access denied for user 'nobody'"):
        log_in(host, "nobody", inventory)
    with Administration(inventory, proxy.host) as administration:
        for wrong in (
            "SET mysql-no_such = '1'",
            "LOAD MYSQL NONSENSE TO RUNTIME",
            "INSERT INTO mysql_users VALUES (1)",
        ):
            with pytest.raises(pymysql.MySQLError, match="ProxySQL Admin Error"):
                administration.rows(wrong)
        administration.rows("INSERT INTO mysql_users (username, password) VALUES ('hadrill_admin', 'x')")
        log_in(host, "hadrill_admin", inventory)
        administration.rows("LOAD MYSQL USERS TO RUNTIME")
    with pytest.raises(pymysql.OperationalError, match="Access denied for user 'hadrill_admin'"):
        log_in(host, "hadrill_admin", inventory)


def test_an_installation_by_an_older_version_gets_an_administrator_of_its_own(
    inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = with_one_proxy(inventory)
    old = by_an_older_version(inventory).replace('"admin:', '"watcher:its-own-password;admin:')
    with stand_ins(inventory.of_role("proxysql"), tmp_path, old) as (proxy,):
        password = inventory.credentials.secret("proxysql", "ADMIN_PASSWORD")
        connection = pymysql.connect(host=proxy.host.address, port=6032, user="hadrill", password=password)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO mysql_users (username, password, default_hostgroup) VALUES ('hadrill', 'x', 10)"
            )
            cursor.execute("LOAD MYSQL USERS TO RUNTIME")
            cursor.execute("SAVE MYSQL USERS TO DISK")
        with pytest.raises(pymysql.OperationalError, match="Access denied for user 'hadrill'"):
            log_in(proxy.host.address, "hadrill", inventory)
        looked = OnLoopback(inventory, [proxy], monkeypatch, check=True)
        assert looked.install() == 1
        assert OnLoopback(inventory, [proxy], monkeypatch).install() > 1
        for _ in range(2):
            assert of_users(proxy.host, inventory) == [("hadrill", "10")]
            assert OnLoopback(inventory, [proxy], monkeypatch).install() == 0
            with pytest.raises(pymysql.OperationalError, match="Access denied for user 'hadrill'"):
                log_in(proxy.host.address, "hadrill", inventory)
            pymysql.connect(host=proxy.host.address, port=6032, user="watcher", password="its-own-password").close()
            proxy.restart()


def test_administrators_with_another_password_end_an_installation_with_the_remedy(
    inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = with_one_proxy(inventory)
    password = inventory.credentials.secret("proxysql", "ADMIN_PASSWORD")
    other = configuration(inventory).replace(password, "of-another-day")
    with (
        stand_ins(inventory.of_role("proxysql"), tmp_path, other) as (proxy,),
        pytest.raises(InstallError, match=r"Access denied for user 'admin'.*move proxysql\.db away") as ended,
    ):
        OnLoopback(inventory, [proxy], monkeypatch).install()
    assert password not in str(ended.value)


def test_a_password_that_proxysql_would_cut_is_refused(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(inventory.credentials), "secret", lambda *_: "half;another")
    with pytest.raises(InstallError, match="semicolon"):
        configuration(inventory)


def test_what_was_changed_at_run_time_alone_is_brought_back(
    inventory: Inventory, proxy: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = with_one_proxy(inventory)
    OnLoopback(inventory, [proxy], monkeypatch).install()
    monitor = "mysql-monitor_galera_healthcheck_interval"
    with Administration(inventory, proxy.host) as administration:
        administration.rows(f"SET {monitor} = '60000'")
        administration.rows("LOAD MYSQL VARIABLES TO RUNTIME")
        administration.rows(f"SET {monitor} = '1000'")
    assert OnLoopback(inventory, [proxy], monkeypatch).install() == 1
    assert OnLoopback(inventory, [proxy], monkeypatch).install() == 0


def test_another_address_to_listen_on_comes_with_a_restart(
    inventory: Inventory, proxy: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = with_one_proxy(inventory)
    OnLoopback(inventory, [proxy], monkeypatch).install()
    bind = {**inventory.settings.bind, "proxysql": IPv4Address(proxy.host.address)}
    moved = replace(inventory, settings=inventory.settings.model_copy(update={"bind": bind}))
    site = OnLoopback(moved, [proxy], monkeypatch)
    site.install()
    assert site.restarted == ["restart hadrill-proxysql.service on proxysql-01"]
    assert OnLoopback(moved, [proxy], monkeypatch).install() == 0


@pytest.fixture
def nodes(inventory: Inventory) -> Iterator[Nodes]:
    credentials = inventory.credentials
    passwords = {
        "monitor": credentials.secret("proxysql", "MONITOR_PASSWORD"),
        "hadrill": credentials.secret("mariadb", "HADRILL_PASSWORD"),
    }
    with Nodes([host.address for host in inventory.of_role("mariadb")], passwords) as running:
        yield running


@pytest.fixture
def cluster(
    inventory: Inventory, proxies: list[StandIn], nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> MariadbCluster:
    """Installed, and looked at by both proxies' monitors."""
    OnLoopback(inventory, proxies, monkeypatch).install()
    made = MariadbCluster(inventory, MagicMock())
    eventually("a healthy cluster", made.why_not_healthy, Deadline(SEEN_SECONDS))
    return made


def test_a_drill_sees_the_writer_move_as_proxysql_moves_it(cluster: MariadbCluster, nodes: Nodes) -> None:
    first, second, _ = cluster.members
    assert cluster.leader() == first
    with Administration(cluster.inventory, cluster.shared[0]) as administration:
        rows = administration.rows("SELECT hostname, hostgroup_id, status FROM runtime_mysql_servers")
    others = [row[1:] for row in rows if row[0] == second.address]
    assert sorted(others) == [("10", "SHUNNED"), ("20", "ONLINE"), ("30", "ONLINE")]
    timeline, stop = Timeline(), threading.Event()
    threads = [threading.Thread(target=watch, args=(timeline, stop)) for watch in cluster.watches()]
    for thread in threads:
        thread.start()
    allowed = next(part for part in cluster.budget(Kind.CRASH, "writer").parts if part.name == "proxy down")
    # The watch must have seen where it led before.
    stop.wait(1.0)
    nodes.stop(nodes.all[0])
    gone = Deadline(allowed.seconds + 1)

    def not_moved() -> str | None:
        return None if sum(event.phase == "route" for event in timeline.events) == 2 else str(timeline.events)

    eventually("both proxies to lead elsewhere", not_moved, gone)
    stop.set()
    for thread in threads:
        thread.join()
    assert cluster.leader() == second
    assert f"leads writes to {second.address}" in timeline.events[0].text
    assert "maria-01" in str(cluster.why_not_healthy())


def test_a_node_that_proxysql_keeps_from_clients_is_named(cluster: MariadbCluster, nodes: Nodes) -> None:
    nodes.all[2].status["wsrep_local_state"] = "2"

    def unseen() -> str | None:
        sentence = cluster.sql_proxies.why_not_healthy()
        return None if sentence and "does not use maria-03: ONLINE in 9999 (offline)" in sentence else str(sentence)

    eventually("proxies to take the donor out", unseen, Deadline(SEEN_SECONDS))


def test_the_budget_is_that_of_the_live_monitor(cluster: MariadbCluster) -> None:
    def proxy_down(kind: Kind, role: str) -> float:
        return next(part.seconds for part in cluster.budget(kind, role).parts if part.name == "proxy down")

    assert proxy_down(Kind.CRASH, "writer") == pytest.approx(1.8)
    assert proxy_down(Kind.BLACKHOLE, "writer") == pytest.approx(3.8)
    # Reads go to every node.
    assert proxy_down(Kind.CRASH, "node") == pytest.approx(1.8)
    with Administration(cluster.inventory, cluster.shared[1]) as administration:
        administration.rows("SET mysql-monitor_galera_healthcheck_interval = '5000'")
        administration.rows("LOAD MYSQL VARIABLES TO RUNTIME")
    slower = cluster.budget(Kind.BLACKHOLE, "writer")
    assert next(part for part in slower.parts if part.name == "proxy down").seconds == pytest.approx(15.8)
    assert "live, proxysql-02" in str(slower)


def test_a_drill_of_the_proxies_asks_them_as_their_kind(cluster: MariadbCluster, proxies: list[StandIn]) -> None:
    target = SqlProxyCluster(cluster.inventory, MagicMock())
    assert target.placement("proxy").name == "proxysql"
    probe = target.probe(target.members[0])
    assert str(probe()) == "proxy"
    proxies[0].stop()
    assert str(probe()) == "silent"
    proxies[0].start()
    assert str(probe()) == "proxy"


def test_through_haproxy_everything_stays_haproxy(lab: Path) -> None:
    assert SqlProxyCluster(read(lab), MagicMock()).placement("proxy").name == "sql-proxy"
    service = Mariadb(read(lab))
    assert "statistics" in orders(service, 30)[service.proxies[0]].questions


def judged(inventory: Inventory, **listeners: str) -> Diagnosis:
    """The rules, on what proxies say now and nodes that say that all is well."""
    service, wsrep = (
        Mariadb(inventory),
        "wsrep_cluster_status\tPrimary\nwsrep_local_state_comment\tSynced\nwsrep_ready\tON",
    )
    hosts = {}
    for host in service.members:
        reached = dict.fromkeys(orders(service, 30)[host].questions, Reply())
        hosts[host.name] = HostFacts({"wsrep": Reply(wsrep), **reached})
    for proxy in service.proxies:
        asked = orders(service, 30)[proxy]
        told = {name: question() for name, question in asked.from_here.items()}
        hosts[proxy.name] = HostFacts(told | {"listeners": Reply(listeners.get(proxy.name.replace("-", "_"), ""))})
    return EXAMINATION.judge(service, Facts(hosts), before=True)


def test_a_whole_cluster_has_no_cause(cluster: MariadbCluster) -> None:
    diagnosis = judged(cluster.inventory)
    assert not diagnosis.causes, diagnosis.summary
    for password in cluster.inventory.credentials.values():
        assert password not in diagnosis.facts.as_json()


def test_a_proxysql_whose_monitor_is_off_is_neither_healthy_nor_has_a_budget(
    inventory: Inventory, nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_ins(inventory.of_role("proxysql"), tmp_path, configuration(inventory), "-M") as made:
        OnLoopback(inventory, made, monkeypatch).install()
        cluster = MariadbCluster(inventory, MagicMock())
        assert "started with -M" in str(cluster.why_not_healthy())
        with pytest.raises(BadAnswerError, match="never takes a node out"):
            cluster.budget(Kind.CRASH, "writer")
        assert [cause.name for cause in judged(inventory).causes] == ["proxysql-unwatched"]


def test_a_monitor_that_nodes_refuse_is_named(cluster: MariadbCluster) -> None:
    for proxy in cluster.shared:
        with Administration(cluster.inventory, proxy) as administration:
            administration.rows("SET mysql-monitor_password = 'of-another-day'")
            administration.rows("LOAD MYSQL VARIABLES TO RUNTIME")

    def unseen() -> str | None:
        names = [cause.name for cause in judged(cluster.inventory).causes]
        return None if names[:1] == ["proxysql-monitor-refused"] else str(names)

    eventually("the refusal to be named", unseen, Deadline(SEEN_SECONDS))


def test_two_programs_on_one_port_are_named(inventory: Inventory, proxy: StandIn, tmp_path: Path) -> None:
    def shared() -> list[str]:
        told = subprocess.run(["sh", "-c", LISTENERS], capture_output=True, text=True, check=True).stdout
        facts = Facts({"proxysql-01": HostFacts({"listeners": Reply(told)})})
        causes = EXAMINATION.judge(Mariadb(inventory), facts, before=True).causes
        lines = [line for cause in causes if cause.name == "port-shared" for line in cause.evidence]
        return [line for line in lines if proxy.host.address in line]

    assert shared() == []
    # ProxySQL and HAProxy let others share their ports.
    beside = StandIn(proxy.host, tmp_path / "beside", proxy.configuration)
    beside.data.mkdir()
    beside.start()
    try:

        def unseen() -> str | None:
            lines = [line for line in shared() if f"(pid {proxy.pid})" in line and f"(pid {beside.pid})" in line]
            return None if len(lines) == 2 else str(lines)

        eventually("both ports to be named", unseen, Deadline(SEEN_SECONDS))
    finally:
        beside.stop()


def test_a_proxysql_that_refuses_the_suite_is_named(inventory: Inventory, tmp_path: Path) -> None:
    with stand_ins(inventory.of_role("proxysql"), tmp_path, by_an_older_version(inventory)):
        assert judged(inventory).causes[0].name == "proxysql-refuses"
