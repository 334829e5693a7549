"""The installer's own logic: the program that runs on hosts, rendering, packets."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from invoke.exceptions import Exit

from hadrill.install import (
    mariadb,
    minio,
    postgresql,
    proxies,
    proxysql,
    rabbitmq,
    redis,
    redis_settings,
    sql_proxy,
    tasks,
)
from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Absent, Block, Desired, Directory, File, Units
from hadrill.install.redis_updater import resp
from hadrill.install.site import Site
from hadrill.inventory import Host, read
from hadrill.inventory.ports import openings
from hadrill.on_host import apply as program_of_apply
from hadrill.on_host import program
from hadrill.on_host.proxysql_admin import login_request
from hadrill.remote import Output
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.minio.service import Minio
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.redis.service import Redis


def apply(desired: Desired, *, check: bool = False) -> list[str]:
    """Run the program of hosts on this computer's own files."""
    message = json.dumps(desired.as_message() | {"check": check})
    done = subprocess.run(
        [sys.executable, "-c", program("apply")], input=message, capture_output=True, text=True, check=True
    )
    changes: list[str] = json.loads(done.stdout)["changes"]
    return changes


def test_files_are_written_once_and_then_left(tmp_path: Path) -> None:
    desired = Desired((Directory(str(tmp_path / "d"), 0o700),), (File(str(tmp_path / "d" / "f"), "content\n", 0o600),))
    assert apply(desired, check=True) == [f"directory {tmp_path}/d", f"file {tmp_path}/d/f"]
    assert not (tmp_path / "d").exists()
    assert len(apply(desired)) == 2
    assert (tmp_path / "d" / "f").stat().st_mode & 0o777 == 0o600
    assert apply(desired) == []
    (tmp_path / "d").chmod(0o755)
    assert apply(desired) == [f"mode of {tmp_path}/d: 0755 -> 0700"]


def test_what_belongs_to_a_service_is_written_once_only(tmp_path: Path) -> None:
    desired = Desired(files=(File(str(tmp_path / "f"), "first\n", once=True),))
    apply(desired)
    (tmp_path / "f").write_text("rewritten by the service\n")
    assert apply(desired) == []


def test_a_block_leaves_the_rest_of_a_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("127.0.0.1 localhost\n")
    assert apply(Desired(blocks=(Block(str(file), "# B", "# E", "1.2.3.4 one\n"),)))
    assert file.read_text() == "# B\n1.2.3.4 one\n# E\n127.0.0.1 localhost\n"
    assert apply(Desired(blocks=(Block(str(file), "# B", "# E", "1.2.3.4 two\n"),)))
    assert file.read_text() == "# B\n1.2.3.4 two\n# E\n127.0.0.1 localhost\n"
    assert apply(Desired(blocks=(Block(str(file), "# B", "# E", "1.2.3.4 two\n"),))) == []


def test_a_unit_that_must_go_is_stopped_and_removed_with_its_folders(tmp_path: Path) -> None:
    units, folder, called = tmp_path / "units", tmp_path / "folder", tmp_path / "called"
    for made in (units, folder):
        made.mkdir()
    (units / "old.service").write_text("[Service]\n")
    (folder / "password").write_text("secret\n")
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {called}\n')
    (tmp_path / "systemctl").chmod(0o755)
    text = program("apply").replace("/etc/systemd/system", str(units))
    message = Desired(absent=(Absent("old.service", (str(folder),)),)).as_message()

    def applied(*, check: bool) -> list[str]:
        command = [sys.executable, "-c", text]
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        given = json.dumps(message | {"check": check})
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, env=environment)
        changes: list[str] = json.loads(done.stdout)["changes"]
        return changes

    expected = ["stop and remove old.service", f"remove {folder}"]
    assert applied(check=True) == expected
    assert not called.exists()
    assert applied(check=False) == expected
    assert called.read_text().splitlines() == ["disable --now old.service", "is-active old.service", "daemon-reload"]
    assert not folder.exists()
    assert not list(units.iterdir())
    assert applied(check=False) == []


class Switching(Site):
    """Two proxies, on the first of which the other kind is installed too. Only tells what it would do."""

    def __init__(self, folder: Path) -> None:
        super().__init__(read(folder), check=False)
        self.applied: list[tuple[list[str], list[str], list[str]]] = []

    def everywhere(self, hosts: Any, _: Any) -> Any:
        return {host: Output(0 if host.name == "proxysql-01" else 1, "", "") for host in hosts}

    def apply(self, desired: Any) -> dict[Host, Units]:
        for state in desired.values():
            units, absent = [unit.name for unit in state.units], [gone.unit for gone in state.absent]
            self.applied.append(([host.name for host in desired], units, absent))
        return {host: Units((), ()) for host in desired}


@pytest.mark.parametrize("kind", ["haproxy", "proxysql"])
def test_the_kind_of_proxy_that_is_not_wanted_goes_host_by_host(
    lab: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    settings = (lab / "settings.yaml").read_text("utf-8").replace("sql_proxy: haproxy", f"sql_proxy: {kind}")
    (lab / "settings.yaml").write_text(settings)
    versions = (lab / "versions.yaml").read_text("utf-8")
    (lab / "versions.yaml").write_text(versions + "  proxysql: localhost/hadrill/proxysql:2.7\n" * (kind == "proxysql"))
    site, whole = Switching(lab), []
    monkeypatch.setattr(sql_proxy, "listening", lambda hosts: whole.append(len(hosts)))
    monkeypatch.setattr(proxysql, "answering", lambda _, hosts: whole.append(len(hosts)))
    monkeypatch.setattr(proxysql, "admitted", lambda *_: False)
    sql_proxy.install(site)
    expected, other = ("sql-proxy", "proxysql") if kind == "haproxy" else ("proxysql", "sql-proxy")
    units, absent = [f"hadrill-{expected}.service"], [f"hadrill-{other}.service"]
    assert site.applied == [(["proxysql-01"], units, absent), (["proxysql-02"], units, absent)]
    assert whole == [1, 1]


def test_redis_commands_survive_any_password() -> None:
    assert bytes.fromhex(resp("AUTH", 'a"b$c')) == b'*2\r\n$4\r\nAUTH\r\n$5\r\na"b$c\r\n'


def test_mysql_packets_have_length_and_number() -> None:
    raw = bytes.fromhex(sql_proxy.packet(1, login_request("check")))
    assert int.from_bytes(raw[:3], "little") == len(raw) - 4
    assert raw[3] == 1
    assert raw[36:42] == b"check\0"


def test_a_template_with_an_unknown_name_is_an_error(lab: Path) -> None:
    site = Site(read(lab), check=True)
    with pytest.raises(Exception, match="password"):
        site.render("redis.conf.j2", host=site.inventory.host("redis-01"))


def test_production_and_lab_differ_in_values_only(lab: Path, keybuzz: Path) -> None:
    for folder, image in (
        (lab, "localhost/hadrill/patroni:4.0-pg17"),
        (keybuzz, "registry.keybuzz.example/patroni:3.3.0-pg16.4"),
    ):
        site = Site(read(folder), check=True)
        service = Postgresql(site.inventory)
        unit = postgresql.desired(site, service, service.members[0]).units[0]
        assert f"{image} patroni /etc/patroni/patroni.yml" in unit.content
        assert "Restart=always" in unit.content


def test_no_password_stands_in_a_unit(lab: Path) -> None:
    site = Site(read(lab), check=True)
    cache = Redis(site.inventory)
    units = redis.desired(site, cache, cache.members[0], cache.members[1]).units
    assert not [s for s in site.inventory.credentials.values() if any(s in unit.content for unit in units)]


def test_a_server_that_refuses_ends_an_installation_with_a_sentence(lab: Path) -> None:
    def module(_: Site) -> None:
        raise psycopg.OperationalError("connection to server at 198.18.0.120 failed: Connection refused")

    with pytest.raises(Exit) as ended:
        tasks._run(str(lab), False, module)
    assert "198.18.0.120 failed: Connection refused\n0 changed before that; run it again" in str(ended.value.message)


def test_services_begin_after_the_firewall() -> None:
    unit = Container("redis", "image", "command", ()).unit()
    assert "After=network-online.target ufw.service docker.service\n" in unit.content


def test_a_first_replica_follows_the_master_and_the_master_nobody(lab: Path) -> None:
    site = Site(read(lab), check=True)
    cache = Redis(site.inventory)
    first, second, _ = cache.members
    states = [{f.path: f.content for f in redis.desired(site, cache, host, first).files} for host in (first, second)]
    assert states[0]["/var/lib/hadrill/redis/state.conf"] == ""
    assert states[1]["/var/lib/hadrill/redis/state.conf"] == f"replicaof {first.address} 6379\n"


def test_the_firewall_rules_are_those_of_the_port_matrix(lab: Path) -> None:
    site = Site(read(lab), check=True)
    host = site.inventory.host("redis-01")
    text = site.render("user.rules.j2", openings=list(openings(site.inventory, host)), networks=[], overlay=[])
    accepted = [line for line in text.splitlines() if line.startswith("-A ufw-user-input")]
    assert len(accepted) == sum(len(opening.sources) for opening in openings(site.inventory, host))
    assert "-A ufw-user-input -p tcp --dport 22 -s 198.18.0.1 -j ACCEPT" in accepted


def test_proxysql_gets_one_writer_and_falling_weights(keybuzz: Path) -> None:
    inventory = read(keybuzz)
    tables = proxysql.tables(Mariadb(inventory), "secret-of-user")
    assert tables["mysql_servers"][1] == [
        (10, "10.0.0.170", 3306, 1000),
        (20, "10.0.0.171", 3306, 900),
        (20, "10.0.0.172", 3306, 800),
    ]
    assert tables["mysql_galera_hostgroups"][1] == [(10, 20, 30, 9999, 1, 1, 2, 100)]
    assert tables["mysql_users"][1] == [("hadrill", "secret-of-user", 10)]


def test_proxysql_listens_everywhere_and_lets_the_network_administer(keybuzz: Path) -> None:
    site = Site(read(keybuzz), check=True)
    text = {file.path: file.content for file in proxysql.desired(site).files}["/etc/hadrill/proxysql/proxysql.cnf"]
    secret = site.inventory.credentials.secret("proxysql", "ADMIN_PASSWORD")
    assert 'interfaces="0.0.0.0:3306"' in text
    assert f'admin_credentials="admin:{secret};hadrill_admin:{secret}"' in text


def test_a_file_that_others_may_read_is_narrowed_where_it_lies(tmp_path: Path) -> None:
    file = tmp_path / "f"
    apply(Desired(files=(File(str(file), "password\n"),)))
    inode = file.stat().st_ino
    secret = Desired(files=(File(str(file), "password\n", SECRET),))
    assert apply(secret, check=True) == [f"mode of {file}: 0644 -> 0600"]
    assert apply(secret) == [f"mode of {file}: 0644 -> 0600"]
    assert (file.stat().st_mode & 0o777, file.stat().st_ino) == (0o600, inode)
    assert apply(secret) == []


def test_a_secret_is_its_reader_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    image = {"id": "", "user": os.getuid()}

    def run(*command: str, may_fail: bool = False) -> str:
        if command[:3] == ("docker", "image", "inspect"):
            return str(image["id"])
        asked.append(command)
        if "--pull=missing" in command:
            image["id"] = image["id"] or "sha256:one"
        return "" if may_fail else str(image["user"])

    monkeypatch.setattr(program_of_apply, "USERS", tmp_path / "users.json")
    monkeypatch.setattr(program_of_apply, "run", run)
    file: dict[str, Any] = {
        "path": str(tmp_path / "f"),
        "content": "x",
        "mode": SECRET,
        "reader": {"image": "i:1", "user": "redis"},
    }
    assert program_of_apply.Host(check=True).file(**file)
    assert not (tmp_path / "users.json").exists()
    host = program_of_apply.Host(check=False)
    assert host.file(**file)
    assert not host.file(**file)
    assert host.changes == [f"file {tmp_path}/f"]
    assert len(asked) == 2, "the image is asked once"
    assert {"--pull=never", "i:1"} <= set(asked[0])
    assert {"--pull=missing", "i:1", "redis"} <= set(asked[1])
    assert json.loads((tmp_path / "users.json").read_text()) == {"redis sha256:one": os.getuid()}
    image |= {"id": "sha256:two", "user": os.getuid() + 1}
    assert host.user_of("i:1", "redis") == os.getuid() + 1, "the same tag, and another image"
    image["id"] = "sha256:one"
    assert host.user_of("i:1", "redis") == os.getuid()
    assert len(asked) == 3
    monkeypatch.setattr(program_of_apply, "USERS", tmp_path / "other.json")
    (tmp_path / "other.json").write_text(json.dumps({"redis sha256:one": os.getuid() + 1}))
    would = program_of_apply.Host(check=True)
    assert not would.file(**file)
    assert would.changes == [f"owner of {tmp_path}/f: {os.getuid()} -> {os.getuid() + 1}"]


def test_every_file_with_a_secret_is_closed(lab: Path) -> None:
    site = Site(read(lab), check=True)
    inventory = site.inventory
    secrets = inventory.credentials.values()
    forms = {form for secret in secrets for form in (secret, secret.encode().hex())}
    database, cache, queue = Postgresql(inventory), Redis(inventory), Rabbitmq(inventory)
    objects, galera = Minio(inventory), Mariadb(inventory)
    everything = [
        postgresql.desired(site, database, database.members[0]),
        redis.desired(site, cache, cache.members[0], cache.members[1]),
        rabbitmq.desired(site, queue, queue.members[0]),
        minio.desired(site, objects),
        mariadb.desired(site, galera, galera.members[0]),
        proxies.desired(site, inventory.of_role("haproxy")[0]),
        sql_proxy.desired(site, galera),
    ]
    holding = [file for desired in everything for file in desired.files if any(form in file.content for form in forms)]
    assert len(holding) >= 9
    assert {oct(file.mode) for file in holding} <= {"0o600", "0o400"}


def test_what_redis_runs_with_is_compared_with_all_that_it_can_be_set_to(lab: Path) -> None:
    site = Site(read(lab), check=True)
    host = site.inventory.host("redis-01")
    expected = {"appendonly": "no", "min-replicas-to-write": "0", "min-slaves-to-write": "0", "replicaof": "", "x": "1"}
    expected |= redis_settings.written(redis.configuration(site, host))
    assert expected["appendonly"] == "yes"
    assert expected["bind"] == "0.0.0.0"
    assert "#" not in expected
    live = expected | {"appendonly": "no", "min-replicas-to-write": "2", "min-slaves-to-write": "2", "replicaof": "a 1"}
    del live["x"]
    assert redis_settings.differences(expected, expected) == {}
    assert redis_settings.differences(expected, live) == {"appendonly": "yes", "min-replicas-to-write": "0"}


def test_a_unit_is_outdated_where_a_file_is_newer_than_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "redis.conf"
    file.write_text("as wanted\n")
    started = time.monotonic()
    monkeypatch.setattr(program_of_apply, "run", lambda *_, **__: str(int(started * 1e6)))
    host = program_of_apply.Host(check=True)
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert not host.is_older("hadrill-redis.service", [str(file)])
    assert not host.is_older("hadrill-redis.service", [])
    assert not host.is_older("hadrill-redis.service", [str(tmp_path / "missing")])
    os.utime(file, (time.time() + 60, time.time() + 60))
    assert host.is_older("hadrill-redis.service", [str(file)])
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert host.file(str(file), "wanted now\n", 0o644)
    assert host.is_older("hadrill-redis.service", [str(file)]), "it reads what will be written over"
    monkeypatch.setattr(program_of_apply, "run", lambda *_, **__: "0")
    assert not program_of_apply.Host(check=True).is_older("never-started.service", [str(file)])
