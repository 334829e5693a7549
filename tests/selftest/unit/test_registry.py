"""Records of services: data only, and each name in them leads somewhere."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from hadrill.cli.command import commands
from hadrill.inventory import Inventory
from hadrill.on_host import pod_clients
from hadrill.services import registry
from hadrill.services.kubernetes import backends
from hadrill.services.minio.service import Minio
from hadrill.services.service import BALANCERS, BASE, INSIDE, NETWORK, NODES, PEERS, RUNNER, UNIT, Component, Service
from hadrill.workload.bug import is_own_bug

SOURCES = {PEERS, NODES, BALANCERS, NETWORK, RUNNER}
DRIVERS = {"psycopg", "redis", "pika", "pymysql", "boto3", "botocore", "kubernetes", "fabric", "paramiko"}


def test_an_inventory_has_roles_of_its_own_that_belong_to_no_service() -> None:
    assert {"redis", "k3s-agent", RUNNER, BASE} <= set(registry.roles())
    assert registry.service_of(RUNNER) is None
    assert registry.service_of(BASE) is None


@pytest.mark.parametrize("service", registry.services(), ids=lambda service: service.name)
def test_code_that_a_record_names_exists(service: Service) -> None:
    named = [service.client, service.cluster, service.checks, service.examination, service.versions, service.settings]
    if service.install:
        named += [service.install.function, service.install.proof, service.install.beforehand]
    named += [reference for front in service.fronts for reference in (front.section, front.beside)]
    for reference in filter(None, [*named, service.denied, *service.driver_errors]):
        assert registry.load(reference), reference


@pytest.mark.parametrize("service", registry.services(), ids=lambda service: service.name)
def test_roles_that_a_record_names_exist(service: Service) -> None:
    known = set(registry.roles())
    for role in service.roles:
        assert role.partner in {"", *known}
        for port in role.ports:
            assert set(port.sources) <= known | SOURCES
    for front in service.fronts:
        assert front.role in known
    for component in service.components:
        assert set(component.roles) <= known
        assert component.inside in {"", *(other.name for other in service.components)}


def loaded_after(program: str, *arguments: str) -> set[str]:
    """The modules that another Python has loaded after a program."""
    program += "; import json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_records_import_no_code_of_a_service() -> None:
    loaded = loaded_after("from hadrill.services import registry; registry.roles()")
    records = {f"hadrill.services.{service.name}" for service in registry.services()}
    allowed = {"hadrill", "hadrill.services", "hadrill.services.registry", "hadrill.services.service"}
    ours = {name for name in loaded if name.partition(".")[0] == "hadrill"}
    assert ours == allowed | records | {f"{record}.record" for record in records}


def test_reading_an_inventory_imports_no_driver(lab: Path) -> None:
    program = "import sys, pathlib; from hadrill.inventory import read; assert read(pathlib.Path(sys.argv[1])).hosts"
    assert not loaded_after(program, str(lab)) & DRIVERS


def test_asking_knows_the_errors_of_drivers_that_are_loaded_and_loads_none() -> None:
    program = (
        "from hadrill.services.asking import failures;"
        "early = [error.__name__ for error in failures()];"
        "import redis, pika.exceptions;"
        "late = [error.__name__ for error in failures(LookupError)];"
        "assert 'RedisError' not in early, early;"
        "assert {'LookupError', 'RedisError', 'AMQPError', 'OSError'} <= set(late), late"
    )
    assert loaded_after(program) & DRIVERS == {"redis", "pika"}


def test_two_services_do_not_claim_one_role() -> None:
    twice = replace(registry.service("redis"), name="redis-2", fixture="redis_2", install=None)
    with pytest.raises(registry.RegistryError, match="two services claim the role 'redis'"):
        registry.check([*registry.services(), twice])


@pytest.mark.parametrize("strange", ["x; reboot", "$(id)", "a b", "-rf", "it's", "x\n", "../x"])
@pytest.mark.parametrize("field", ["name", "unit", "container", "configuration", "data", "processes"])
def test_a_name_that_a_shell_would_read_otherwise_is_refused(field: str, strange: str) -> None:
    named: Any = {strange: "x"} if field == "processes" else strange
    part = replace(Component("cache", "Cache"), **{field: named})
    others = Service("others", "Others", 99, roles=(), components=(part,))
    called = "" if field == "name" else "cache"
    with pytest.raises(registry.RegistryError, match=rf"^others: component .*{called}.*: {field} .* must be"):
        registry.check([others])


PATRONI = Component("patroni", "Patroni")
DATABASE = Component("db", "Database", placement=INSIDE, inside="patroni", processes={"db": "db"})


@pytest.mark.parametrize(
    ("components", "why"),
    [
        (
            [replace(PATRONI, placement="docker")],
            "'patroni': no placement 'docker': write one of container-unit, unit, ",
        ),
        (
            [replace(PATRONI, placement="")],
            "'patroni': no placement '': write one of container-unit, unit, container, ",
        ),
        ([PATRONI, replace(DATABASE, inside="patrony")], "'db': inside 'patrony' names none of patroni, db"),
        ([PATRONI, replace(DATABASE, inside="")], "'db': inside '' names none of patroni, db"),
        ([PATRONI, replace(DATABASE, placement=UNIT)], "'db': inside 'patroni' needs the placement 'inside'"),
        ([PATRONI, replace(DATABASE, processes={})], "'db': the placement 'inside' needs `processes`"),
        ([replace(DATABASE, inside="db")], "'db': inside 'db' leads back to it: name a component of another placement"),
        (
            [DATABASE, replace(DATABASE, name="patroni", inside="db")],
            "'db': inside 'patroni' leads back to it: name a component of another placement",
        ),
    ],
)
def test_a_placement_that_leads_nowhere_is_refused_with_record_component_and_remedy(
    components: list[Component], why: str
) -> None:
    others = Service("others", "Others", 99, roles=(), components=tuple(components))
    with pytest.raises(registry.RegistryError, match=f"^others: component {re.escape(why)}"):
        registry.check([others])


def test_a_process_may_be_inside_one_that_is_inside_another() -> None:
    worker = replace(DATABASE, name="worker", inside="db")
    registry.check([Service("others", "Others", 99, roles=(), components=(worker, DATABASE, PATRONI))])


def test_a_service_s_own_name_is_one_word() -> None:
    with pytest.raises(registry.RegistryError, match=r"^'my service': the name of a service must be"):
        registry.check([Service("my service", "Mine", 99, roles=())])


def test_names_of_units_and_files_as_owners_have_them_are_taken() -> None:
    part = Component(
        "my_db-2",
        "Mine",
        unit="postgresql@16-main.service",
        container="Stack_db.1",
        configuration="/etc/postgresql/16/main/postgresql.conf",
        data="/srv/db+1/data:old",
        processes={"postgres.main": "bin/postgres -D '$HOME'"},
    )
    registry.check([Service("others", "Others", 99, roles=(), components=(part,))])


def test_an_unknown_service_is_told_with_those_that_exist() -> None:
    with pytest.raises(LookupError, match="no service 'mongo': there are postgresql, redis"):
        registry.service("mongo")


def test_pods_try_each_service_by_its_own_source(tmp_path: Path) -> None:
    for known in registry.services():
        if known.pod_client:
            assert callable(registry.load(f"{known.pod_client.module}:round_trip"))
            assert callable(registry.load(known.pod_client.login))
    (tmp_path / "echo.py").write_text("def round_trip(login):\n    return login['host'] == 'here'\n")
    (tmp_path / "other.py").write_text("def round_trip(login):\n    raise OSError('refused')\n")
    round_trips = {name: pod_clients.round_trip_of(tmp_path / f"{name}.py") for name in ("echo", "other")}
    here = pod_clients.one_round({"echo": {"host": "here"}, "other": {}}, round_trips)
    away = pod_clients.one_round({"echo": {"host": "away"}}, round_trips)
    assert (here["echo"], here["other"], away["echo"]) == ("ok", "OSError: refused", "another answer")


def test_pods_get_logins_and_sources_of_the_services_that_are_there(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    client = SimpleNamespace(
        list_buckets=dict,
        create_bucket=lambda **bucket: made.append(f"made {bucket['Bucket']}"),
        delete_bucket=lambda **bucket: made.append(f"removed {bucket['Bucket']}"),
        meta=SimpleNamespace(events=SimpleNamespace(register=lambda *_: None)),
    )
    monkeypatch.setattr(Minio, "client", lambda *_: client)
    with backends.logins(lab_inventory, "a-drill", made.append) as logins:
        texts = backends.files_for(logins)
    assert made == ["made hadrill-pods-a-drill", "removed hadrill-pods-a-drill"]
    assert json.loads(texts.pop("backends.json")) == logins
    assert set(logins) == {"postgresql", "redis", "rabbitmq", "minio", "mariadb"} == {name[:-3] for name in texts}
    assert logins["minio"].keys() == {"host", "port", "user", "password", "bucket"}
    assert logins["mariadb"]["host"] == str(lab_inventory.entry_point(3306).address)
    assert all("def round_trip(login" in text for text in texts.values())


NO_USE = {
    "SERVICE = 1 / 0": "ZeroDivisionError",
    "SERVICE = 'strange'": "stranger:SERVICE is no Service record",
    "from hadrill.services.service import *; SERVICE = Service('strange', 'Strange', 5, (Role('redis'),))": (
        "two services claim the role 'redis'"
    ),
    "from hadrill.services.service import *; SERVICE = Service('a b', 'Strange', 5, (Role('strange'),))": (
        "the name of a service must be letters"
    ),
    "from hadrill.services.service import *; SERVICE = Service('strange', 'Strange', 5, None)": "of another type",
}


@pytest.fixture(params=NO_USE)
def broken_package(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package that brings a service which is no use; why it is not."""
    (tmp_path / "stranger.py").write_text(f"{request.param}\n", "utf-8")
    dist = tmp_path / "stranger-1.0.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n", "utf-8")
    (dist / "entry_points.txt").write_text("[hadrill.services]\nstrange = stranger:SERVICE\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for cached in (registry.services, registry._others):
        cached.cache_clear()
    yield NO_USE[request.param]
    monkeypatch.undo()
    sys.modules.pop("stranger", None)
    for cached in (registry.services, registry._others):
        cached.cache_clear()


def test_a_package_that_cannot_be_loaded_is_told_and_stops_nobody_from_healing(
    broken_package: str, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("hadrill.cli.drills.sweep", lambda *_, **__: ([], []))
    told = CliRunner().invoke(commands, ["heal", "--inventory", str(lab)])
    assert told.exit_code == 0, told.output
    assert "service strange of package stranger is left out, it cannot be loaded: " in told.output
    assert broken_package in told.output
    assert "nothing to heal" in told.output
    assert "redis" in {service.name for service in registry.services()}


def test_a_slip_in_another_packages_client_is_a_bug_and_one_in_its_driver_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stranger", "driver"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "client.py").write_text("def slip():\n    return {}['leader']\n", "utf-8")
    dist = tmp_path / "stranger-1.0.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n", "utf-8")
    (dist / "entry_points.txt").write_text("[hadrill.services]\nstrange = stranger.record:SERVICE\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.folders.cache_clear()
    try:
        assert registry.folders() == (tmp_path / "stranger",)
        assert [is_own_bug(slip_of(name)) for name in ("stranger", "driver")] == [True, False]
    finally:
        registry.folders.cache_clear()


def slip_of(package: str) -> Exception:
    try:
        import_module(f"{package}.client").slip()
    except KeyError as error:
        return error
    raise AssertionError(package)
