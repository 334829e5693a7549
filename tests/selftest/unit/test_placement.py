"""Placements from the records, and that nothing else in hadrill/ knows how components run."""

import math
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.install.container import Container as Installed
from hadrill.placement import Container, ContainerUnit, Inside, Marks, Unit, placed, placements, processes_of
from hadrill.services import registry
from hadrill.services.postgresql.record import SERVICE as POSTGRESQL
from hadrill.services.redis.record import SERVICE as REDIS
from hadrill.services.service import CONTAINER, UNIT, Component, Service

HADRILL = Path(__file__).parents[3] / "hadrill"
ROOMS_OF_THEIR_OWN = ("placement", "install", "lab")
HANDS_OF_THE_INSTALLER = ("apply", "clean", "cni", "galera_start", "redis_update_master")
"""Programs of on_host/ that the installer sends to hosts or lays down there: they live in its folders."""
OTHERS = Service(
    "others",
    "Others",
    99,
    roles=(),
    components=(
        Component("named", "A", placement=UNIT, unit="redis-server.service", data="/var/lib/redis"),
        Component("alone", "B", placement=CONTAINER, container="cache"),
        Component("quadlet", "C", unit="cache.service", container="systemd-cache"),
    ),
)


def words() -> re.Pattern[str]:
    """What only placements may say: engines, folders, units' names, and how a component's journal is found."""
    units = {unit.removesuffix(".service") for unit in all_units() if unit.startswith("hadrill-")}
    return re.compile(
        r"docker|podman|CONTAINER_NAME|journalctl|/etc/hadrill|/var/lib/hadrill(?!-drills)|hadrill-\{[^}]*\}\.service|"
        + "|".join(rf"{re.escape(unit)}\b" for unit in sorted(units))
    )


def all_units() -> Iterator[str]:
    for service in registry.services():
        yield from (its.unit for its in placements(service).values() if isinstance(its, Unit))


def test_nothing_else_knows_units_engines_or_folders() -> None:
    pattern, leaks = words(), []
    hands = {("on_host", name) for name in HANDS_OF_THE_INSTALLER}
    for file in sorted(HADRILL.rglob("*.py")):
        place = file.relative_to(HADRILL)
        if place.parts[0] in ROOMS_OF_THEIR_OWN or (place.parts[0], place.stem) in hands:
            continue
        lines = enumerate(file.read_text("utf-8").splitlines(), start=1)
        leaks += [f"{place}:{number}: {line.strip()}" for number, line in lines if pattern.search(line)]
    assert leaks == []


def test_the_words_are_seen() -> None:
    assert all(
        words().search(text) for text in ("docker ps", "hadrill-redis;", "below /etc/hadrill", 'f"hadrill-{n}.service"')
    )
    assert not any(words().search(text) for text in ("/var/lib/hadrill-drills/x", "hadrill-heal-{drill}.timer"))


def test_what_the_installer_writes_is_what_is_placed() -> None:
    its = placed(REDIS, "sentinel")
    assert isinstance(its, ContainerUnit)
    written = Installed("sentinel", "image", "command", ())
    assert (its.unit, its.container) == (written.unit_name, written.name)
    assert (its.configuration, its.data) == ("/etc/hadrill/redis/reconfigured", "/var/lib/hadrill/sentinel")
    assert its.to_start == "systemctl start hadrill-sentinel"


def test_a_process_of_another_component_is_carried_by_it() -> None:
    its = placed(POSTGRESQL, "postgres")
    assert isinstance(its, Inside)
    assert its.carrier == placed(POSTGRESQL, "patroni")
    assert its.logs(9, 9) == its.carrier.logs(9, 9)
    assert its.to_start == "systemctl start hadrill-patroni"
    assert processes_of(POSTGRESQL, "postgres") == {"postgres": "postgres -D"}
    assert set(processes_of(POSTGRESQL)) == {"patroni", "postgres"}


def test_components_of_others_are_placed_as_they_are_named() -> None:
    how = placements(OTHERS)
    assert how["named"] == Unit(name="named", unit="redis-server.service", data="/var/lib/redis")
    assert how["alone"] == Container(name="alone", container="cache")
    assert how["quadlet"] == ContainerUnit(name="quadlet", unit="cache.service", container="systemd-cache")
    with pytest.raises(LookupError, match="others has no component 'nothing': there are named, alone, quadlet"):
        placed(OTHERS, "nothing")


@pytest.mark.parametrize(
    ("name", "shown", "seconds"),
    [
        ("named", "Restart=on-failure\nRestartUSec=1min 30s\n", 90.0),
        ("named", "Restart=no\nRestartUSec=100ms\n", math.inf),
        ("alone", "always\n", 0.1),
        ("alone", "no\n", math.inf),
        ("alone", "\n", math.inf),
    ],
)
def test_when_a_supervisor_starts_it_again(name: str, shown: str, seconds: float) -> None:
    assert placed(OTHERS, name).restarts_after(shown) == seconds


def test_each_experiment_has_a_drop_in_of_its_own() -> None:
    its = Unit(name="redis", unit="redis-server.service")
    files = {its.drop_in(Marks(f"/var/lib/hadrill-drills/{drill}")) for drill in ("1", "2")}
    assert files == {f"/run/systemd/system/redis-server.service.d/zzz-hadrill-{drill}.conf" for drill in ("1", "2")}


def test_a_container_under_a_unit_is_podmans_where_there_is_no_docker(tmp_path: Path) -> None:
    (tmp_path / "podman").write_text('#!/bin/sh\necho "podman $*"\n', "ascii")
    (tmp_path / "podman").chmod(0o755)
    cache = ContainerUnit(name="cache", unit="cache.service", container="systemd-cache")
    for text in (cache.main_pid, cache.execute("true")):
        done = subprocess.run(
            ["/bin/sh", "-c", text], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
        )
        assert "podman" in done.stdout
        assert "systemd-cache" in done.stdout
