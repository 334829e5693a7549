"""A whole stack of somebody else's, in containers without units behind packaged proxies: adopted, checked, drilled."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.lab.lab import Lab
from hadrill.lab.removal import destroy
from hadrill.remote import Remote
from hadrill.remote.from_here import ways
from hadrill.services.clusters import cluster_of
from hadrill.timing import Deadline, eventually
from tests.selftest.foreign.commands import call
from tests.selftest.foreign.containers.stack import FRONTS, MACHINES, SECRET, Stack, write_inventory
from tests.selftest.lab.suite import BIN, LAB, ROOT, run_suite
from tests.selftest.machines import Machines

pytestmark = pytest.mark.takes_turns("stacks of others", "containers")
WHOLE_SECONDS = 120.0
DRILLS_SECONDS = 400
DRILLS = (
    "(redis and master-container-stop)",
    "(redis and replica-isolate)",
    "(postgresql and leader-container-kill)",
    "(postgresql and replica-power-off)",
    "(rabbitmq and leader-isolate)",
    "(mariadb and writer-power-off)",
    "(minio and node-container-stop)",
)
STATE = """
find /etc /root /usr/local /opt /home -xdev -type f ! -path '/opt/shop/*/data/*' ! -path '/opt/shop/minio/*' \\
    ! -path '/opt/shop/redis/*' ! -path '/opt/shop/sentinel/*' -printf '%p %s %T@\\n' | sort | sha256sum
docker ps --no-trunc --format '{{.ID}} {{.Names}}' | sort
systemctl list-unit-files --no-legend | cut -d' ' -f1-2 | sort | sha256sum
dpkg-query -W | sha256sum
"""
NEEDED = {"postgresql": "HADRILL_PASSWORD", "mariadb": "HADRILL_PASSWORD", "rabbitmq": "RABBITMQ_PASSWORD"}
"""What no file there holds: logins of the suite's own, each shown with the statement that makes it."""


@pytest.fixture(scope="module")
def machines_of_it(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inventory]:
    """The machines, with the stack that runs on them."""
    if machines.together:
        machines.up("all")
    inventory = read(write_inventory(tmp_path_factory.mktemp("inventories") / "lab", LAB), "all")
    try:
        Lab(inventory, packaged=FRONTS).up(*MACHINES)
        with Remote(inventory) as remote:
            Stack(inventory, remote).lay_down()
        yield inventory
    finally:
        destroy([f"lab-{name}" for name in MACHINES])


def state(inventory: Inventory) -> dict[str, str]:
    """What nobody may change on the hosts."""
    with Remote(inventory) as remote:
        hosts = [inventory.host(name) for name in MACHINES]
        answers = remote.everywhere(hosts, lambda host: remote.run(host, STATE).stdout)
    return {host.name: str(answer) for host, answer in answers.items()}


@pytest.fixture(scope="module")
def adopted(machines_of_it: Inventory, tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """What `hadrill adopt` writes of addresses alone, and what an administrator adds where it asks for it."""
    made = tmp_path_factory.mktemp("adopted") / "mine"
    login, known = machines_of_it.settings.ssh, machines_of_it.path(machines_of_it.settings.ssh.known_hosts).absolute()
    options = ("-o", str(made), "--key", str(machines_of_it.path(login.key).absolute()), "--known-hosts", str(known))
    shown = call("hadrill", "adopt", *MACHINES.values(), *options)
    (made / "shown").write_text(shown)
    with Remote(machines_of_it) as remote:
        Stack(machines_of_it, remote).accounts()
    assert shown.count("/credentials/") == 2 * len(NEEDED), shown  # as needed, and as missing before it can be used
    for role, name in NEEDED.items():
        assert f"{name} in {made}/credentials/{role}.env" in shown
        file = made / "credentials" / f"{role}.env"
        file.touch(mode=0o600)
        file.write_text(f"{file.read_text()}{name}={SECRET}\n")
    return read(made)


@pytest.fixture(scope="module")
def stack(adopted: Inventory) -> Inventory:
    """The same, with the lab's own switch for the power of its machines."""
    settings = adopted.folder / "settings.yaml"
    text = settings.read_text("ascii").replace(f"name: {adopted.settings.name}\n", "name: lab\nlab: true\n")
    settings.write_text(text.replace("faults:\n", "faults:\n  power: lab\n"), "ascii")
    return read(adopted.folder)


@pytest.fixture
def ssh(stack: Inventory) -> Iterator[Remote]:
    """Logins on its hosts, as they were adopted."""
    with Remote(stack) as remote:
        yield remote


def test_checks_and_diagnoses_are_green_and_change_nothing_there(stack: Inventory, tmp_path: Path) -> None:
    before = state(stack)
    summary = run_suite("tests/basic", tmp_path, f"--inventory={stack.folder}", "--no-page")
    assert summary["status"] == 0, summary["console"]
    assert summary["passed"] == summary["total"] == 13
    for cluster in stack.clusters:
        if cluster.service not in ("haproxy", "proxysql"):
            assert "no known cause" in call("hadrill", "diagnose", cluster.service, f"--inventory={stack.folder}")
    assert state(stack) == before


def test_every_component_is_placed_as_it_runs(stack: Inventory) -> None:
    placed = {
        name: (entry.placement, entry.container or entry.unit or entry.inside)
        for cluster in stack.clusters
        for name, entry in cluster.components.items()
    }
    assert placed == {
        "patroni": ("container", "shop-postgres"),
        "postgres": ("inside", "patroni"),
        "redis": ("container", "shop-redis"),
        "sentinel": ("container", "shop-sentinel"),
        "rabbitmq": ("container", "shop-rabbit"),
        "minio": ("container", "shop-objects"),
        "mariadb": ("container", "shop-mariadb"),
        "sql-proxy": ("container", "shop-sql-proxy"),
        "haproxy": ("unit", "haproxy.service"),
        "pgbouncer": ("unit", "pgbouncer.service"),
    }


def test_what_is_wrong_is_named_with_what_an_operator_types_there(stack: Inventory, ssh: Remote) -> None:
    point = "/opt/shop/bin/redis-update-master"
    elsewhere = "sed -i 's/server master .*:6379/server master 198.18.4.99:6379/' /etc/haproxy/haproxy.cfg"
    wrong = {
        "redis": ("cache-2", "docker stop shop-sentinel", "docker start shop-sentinel", "sentinel-stopped"),
        "rabbitmq": ("mq-3", "docker stop shop-rabbit", "docker start shop-rabbit", "rabbitmq-stopped"),
        "proxies": (
            "px-2",
            f"chmod -x {point}; {elsewhere}; systemctl reload haproxy",
            f"chmod +x {point}; {point}",
            "",
        ),
    }
    try:
        for host, broken, _, _ in wrong.values():
            ssh.run(stack.host(host), broken)
        for service, (_, _, mended, cause) in wrong.items():
            if cause:
                shown = call("hadrill", "diagnose", service, f"--inventory={stack.folder}", status=1)
                assert cause in shown
                assert mended in shown
                assert "hadrill-" not in shown
                assert ("px-2 leads to 198.18.4.99" in shown) is (service == "redis")
    finally:
        for host, _, mended, _ in wrong.values():
            ssh.run(stack.host(host), mended)
    _until_whole(stack)


def test_drills_measure_what_it_is_worth(stack: Inventory, tmp_path: Path) -> None:
    _until_whole(stack)
    cases = " or ".join(DRILLS)
    options = (f"--inventory={stack.folder}", "-n", "4", "--no-page", "-k", cases)
    summary = run_suite("tests/failover", tmp_path, *options, seconds=DRILLS_SECONDS)
    drills = {f"{drill['service']} {drill['role']} {drill['fault']}": drill for drill in summary["drills"]}
    assert len(drills) == 7, summary["console"]
    alone = drills.pop("minio node container-stop")
    assert alone["verdict"] == "failed", summary["console"]
    assert "clients reach MinIO through obj-1 alone" in alone["cause"]
    assert {name: drill["verdict"] for name, drill in drills.items()} == dict.fromkeys(drills, "passed"), summary[
        "console"
    ]
    assert [name for name, drill in drills.items() if drill["lost"]] == [], summary["console"]
    assert "repoint 60.0" in drills["redis master container-stop"]["budget"]


def test_a_run_that_is_killed_leaves_nothing_stopped(stack: Inventory, ssh: Remote, tmp_path: Path) -> None:
    host = stack.host("cache-2")
    words = ("--service=redis", "--role=sentinel", "--fault=container-stop", f"--node={host}", f"--reports={tmp_path}")
    command = [str(BIN / "pytest"), "-q", "tests/failover", f"--inventory={stack.folder}", "--no-page", *words]
    runs = "docker ps --format '{{.Names}}' | grep -qx shop-sentinel"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        eventually("it to be stopped", lambda: ssh.attempt(host, f"! {runs}").status or None, Deadline(WHOLE_SECONDS))
        run.kill()
    eventually("it to run again", lambda: ssh.attempt(host, runs).status or None, Deadline(WHOLE_SECONDS))
    left = "find /var/lib/hadrill-drills -type f ! -name '.*.lock' 2>/dev/null"
    eventually("nothing to be left", lambda: ssh.attempt(host, left).stdout or None, Deadline(WHOLE_SECONDS))
    _until_whole(stack)


def _until_whole(stack: Inventory) -> None:
    with Remote(stack) as remote, ways(stack, remote):
        for cluster in stack.clusters:
            whole = cluster_of(stack, remote, cluster.service, cluster.name)
            eventually(f"{cluster} to be whole", whole.why_not_healthy, Deadline(WHOLE_SECONDS))
