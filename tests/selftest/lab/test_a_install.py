"""Installing: nothing to do changes nothing, bare hosts become whole, lost members come back."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from hadrill.install import redis as redis_install
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.redis.service import SENTINEL_PORT, Redis
from hadrill.timing import Deadline, eventually
from tests.selftest.commands import Commands
from tests.selftest.lab.from_bare import FromBare, Loud, changes, what_is_left
from tests.selftest.lab.suite import LAB, run_suite

BACK_SECONDS = 20.0
LOSE_THEIR_DISK = ("db-slave-02", "redis-03", "queue-02", "minio-02", "maria-02")
Basic = Callable[[], dict[str, Any]]


@pytest.fixture(scope="module")
def other_ttl(lab_inventory: Inventory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab's inventory with one setting of PostgreSQL changed."""
    folder = tmp_path_factory.mktemp("inventory") / "lab"
    folder.mkdir()
    for name in ("servers.tsv", "versions.yaml"):
        (folder / name).write_bytes((LAB / name).read_bytes())
    settings = yaml.safe_load((LAB / "settings.yaml").read_text("ascii"))
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings | {"postgresql": {"ttl": 31}}), "ascii")
    (folder / "credentials").symlink_to((LAB / "credentials").resolve())
    return folder


@pytest.mark.from_bare
def test_bare_hosts_are_installed_even_after_an_interruption(installed: FromBare) -> None:
    assert installed.left == {}
    assert installed.to_do > 50
    assert installed.interrupted


def test_nothing_to_do_changes_nothing(loud: Loud) -> None:
    assert changes(loud("fab", "all")) == 0


def test_13_of_13(basic: Basic) -> None:
    summary = basic()
    assert (summary["passed"], summary["total"], summary["status"]) == (13, 13, 0), summary["console"]


def test_the_same_with_workers(tmp_path: Path) -> None:
    summary = run_suite("tests/basic", tmp_path, "-n", "2")
    assert (summary["passed"], summary["total"]) == (13, 13), summary["console"]
    assert "13/13  (100%)" in summary["console"]
    page = (tmp_path / "latest" / "index.html").read_text("utf-8")
    assert "https://www." not in page
    assert len(list((tmp_path / "latest" / "allure-results").glob("*-result.json"))) == 13


def test_every_host_is_as_module_2_makes_it(tmp_path: Path) -> None:
    summary = run_suite("tests/hosts", tmp_path)
    assert summary["status"] == 0, summary["console"]
    assert summary["total"] > 100


def test_check_mode_says_what_would_change_and_changes_nothing(
    loud: Loud, other_ttl: Path, lab_inventory: Inventory
) -> None:
    output = loud("fab", "postgresql", "--check", "--inventory", str(other_ttl))
    assert output.count("would change: file /etc/hadrill/patroni/patroni.yml") == 3
    assert output.count("would change: restart hadrill-patroni.service") == 3
    service = Postgresql(lab_inventory)
    assert service.dynamic_configuration(service.leader())["ttl"] == 30
    assert changes(loud("fab", "postgresql")) == 0


@pytest.mark.usefixtures("healed")
def test_a_changed_setting_restarts_one_member_at_a_time_and_the_leader_last(
    loud: Loud, other_ttl: Path, lab_inventory: Inventory
) -> None:
    service = Postgresql(lab_inventory)
    leader = service.leader()
    output = loud("fab", "postgresql", "--inventory", str(other_ttl))
    restarted = re.findall(r"(\S+): changed: restart hadrill-patroni", output)
    assert sorted(restarted) == sorted(host.name for host in service.members)
    assert restarted[-1] == leader.name
    assert "hadrill-haproxy" not in output
    assert service.dynamic_configuration(service.leader())["ttl"] == 31
    loud("fab", "postgresql")
    assert service.dynamic_configuration(service.leader())["ttl"] == 30


@pytest.mark.usefixtures("healed")
def test_a_redis_that_was_told_otherwise_since_it_started_is_corrected(
    loud: Loud, ssh: Remote, lab_inventory: Inventory
) -> None:
    """By somebody at run time, and for good: Redis writes it into its own file."""
    service = Redis(lab_inventory)
    host = redis_install.find_master(service)
    with service.client(host.address) as client:
        client.config_set("min-replicas-to-write", 2)
        client.config_set("appendonly", "no")
        client.config_rewrite()
    with service.client(host.address, SENTINEL_PORT) as sentinel:
        sentinel.execute_command("SENTINEL", "SET", service.settings.master_name, "parallel-syncs", 2)
    told = (
        "redis appendonly 'no' -> 'yes'",
        "redis min-replicas-to-write '2' -> '0'",
        "sentinel parallel-syncs '2' -> '1'",
    )
    output = loud("fab", "redis", "--check")
    assert [f"{host}: would change: {line}" in output for line in told] == [True, True, True]
    assert changes(output) == 3
    output = loud("fab", "redis")
    assert [f"{host}: changed: {line}" in output for line in told] == [True, True, True]
    assert changes(loud("fab", "redis")) == 0
    with service.client(host.address) as client:
        assert client.config_get("min-replicas-to-write") == {"min-replicas-to-write": "0"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
    kept = ssh.run(host, "cat /var/lib/hadrill/redis/state.conf").stdout
    assert "min-replicas-to-write 2" not in kept
    assert "appendonly no" not in kept


@pytest.mark.usefixtures("healed")
def test_a_process_that_was_started_with_another_file_starts_again(
    loud: Loud, ssh: Remote, lab_inventory: Inventory
) -> None:
    """Somebody changed the file, restarted the service by hand, and put the file back, or had it put back."""
    service = Redis(lab_inventory)
    master = redis_install.find_master(service)
    host = next(member for member in service.members if member != master)
    file = redis_install.CONFIGURATION
    ssh.run(host, f"cp -p {file} {file}.kept && sed -i 's/^tcp-keepalive.*/tcp-keepalive 61/' {file}")
    ssh.run(host, "systemctl restart hadrill-redis")

    def otherwise() -> str | None:
        try:
            with service.client(host.address) as client:
                kept = client.config_get("tcp-keepalive")
        except redis.RedisError as error:
            return str(error)
        return None if kept == {"tcp-keepalive": "61"} else str(kept)

    eventually("Redis to run with the other file", otherwise, Deadline(BACK_SECONDS))
    ssh.run(host, f"cat {file}.kept > {file} && rm {file}.kept")
    output = loud("fab", "redis", "--check")
    assert f"{host}: would change: restart hadrill-redis.service" in output
    assert f"{host}: changed: restart hadrill-redis.service" in loud("fab", "redis")
    assert changes(loud("fab", "redis")) == 0
    with service.client(host.address) as client:
        assert client.config_get("tcp-keepalive") == {"tcp-keepalive": "60"}


@pytest.mark.usefixtures("healed")
def test_members_that_lost_their_disk_join_again(
    loud: Loud, heard: Callable[..., str], lab_inventory: Inventory, ssh: Remote, basic: Basic
) -> None:
    hosts = tuple(lab_inventory.host(name) for name in LOSE_THEIR_DISK)
    for cleaned in [Commands(("fab", "clean", "--host", host.name, "--consent", "lab")) for host in hosts]:
        heard(cleaned)
    assert what_is_left(lab_inventory, ssh, hosts) == {}
    loud("fab", "base")
    for joined in [Commands(("fab", module)) for module in ("postgresql", "redis", "rabbitmq", "minio", "mariadb")]:
        heard(joined)
    assert changes(loud("fab", "all")) == 0
    summary = basic()
    assert summary["passed"] == 13, summary["console"]


def test_clean_wants_the_name_of_the_inventory(loud: Loud) -> None:
    output = loud("fab", "clean", "--host", "redis-01", status=1)
    assert "say --consent lab" in output
    assert "nothing was touched" in output
