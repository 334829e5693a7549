"""What healing undoes: what this experiment made, and nothing that was so before."""

import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.faults import FAULTS, Fault, Target, all_stops, fault
from hadrill.placement import Container, ContainerUnit, Inside, Placement, Unit, unit
from hadrill.timing import Deadline, eventually
from tests.selftest.unit.fake_host import DRILL, FakeHost

UNIT = "hadrill-redis.service"
TABLE = "hadrill_0123456789ab"
REDIS = ContainerUnit(name="redis", unit=UNIT, container="redis", data="/nowhere")
KINDS: dict[str, Placement] = {
    "container-unit": REDIS,
    "unit": Unit(name="redis", unit=UNIT),
    "container": Container(name="redis", container="redis"),
}
KUBELET = Unit(name="kubelet", unit="kubelet.service")
FULL = Target(DRILL, REDIS, "redis-server", "198.18.0.1", (), 6379, 6379, "/nowhere", host="me")
ON_HOST = [name for name in [*FAULTS, *all_stops()] if name not in ("power-off", "reboot", "switchover", "disk-full")]
SIGNALS = [name for name in ON_HOST if name.startswith("process-")]
STILL = [name for name in ON_HOST if name not in SIGNALS]

OWNERS: dict[str, dict[str, str]] = {
    "nothing": {},
    "stopped": {f"unit-{UNIT}": "inactive", "unit-kubelet.service": "inactive", "unit-docker.service": "inactive"},
    "paused": {"container-redis": "paused"},
    "failing": {"container-redis": "exited"},
    "cordoned": {"node-unschedulable": "true"},
    "shaped": {"qdisc-eth0": "qdisc tbf 8001: root refcnt 2 rate 50Mbit"},
    "shaped on the other device": {"qdisc-eth1": "qdisc fq 8002: root refcnt 2"},
    "rules of that name": {f"table-{TABLE}": ""},
}
"""What an owner may have done before."""
REFUSED = (
    "systemctl-stop",
    "systemctl-daemon-reload",
    "docker-kill",
    "docker-pause",
    "docker-ps",
    "tc-qdisc",
    "nft--f",
    "kubectl-cordon",
)
"""Commands of an injection that may fail."""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host on which everything runs."""
    made = FakeHost.make(tmp_path)
    monkeypatch.setattr(unit, "DROP_INS", str(tmp_path / "drop-ins"))
    for name in (UNIT, "kubelet.service", "docker.service", "docker.socket"):
        made.put(f"unit-{name}", "active")
    made.put("container-redis", "running")
    made.put("container-redis.of-unit", "")
    made.put("policy-redis", "on-failure:5")
    made.put("container-other", "running")
    (tmp_path / "data" / "redis.rdb").write_text("data")
    return made


def made(name: str, host: FakeHost, placement: Placement = REDIS) -> Fault:
    """A fault of that host."""
    target = dataclasses.replace(
        FULL,
        peers=("198.18.0.124", "198.18.0.125"),
        placement=dataclasses.replace(placement, data=str(host.folder / "data")),
        folder=str(host.marks),
        components=dict.fromkeys(all_stops().values(), KUBELET),
        kubectl="kubectl",
    )
    return fault(name, target)


def inject_and_heal(name: str, host: FakeHost, refused: str = "", placement: Placement = REDIS) -> int:
    """The injection's status. Healed twice, as the target's own timer and the runner may both do it."""
    before, attempt = host.all(), made(name, host, placement)
    injected = host.run(attempt.inject, refused)
    for _ in range(2):
        healed = host.run(attempt.heal)
        assert healed.returncode == 0, (name, healed.stderr)
        assert host.all() == before, (name, injected)
    return injected.returncode


NETWORK = ("isolate", "reject", "cut-pair", "cut-one-way", "cut-port", "slow-link")


@pytest.mark.parametrize(
    ("owner", "name"),
    [(owner, name) for owner in OWNERS for name in STILL if (name in NETWORK) == owner.startswith(("shaped", "rules"))]
    + [("nothing", name) for name in NETWORK],
)
def test_what_an_owner_did_before_is_there_after_healing(owner: str, name: str, host: FakeHost) -> None:
    for file, content in OWNERS[owner].items():
        host.put(file, content)
    inject_and_heal(name, host)


@pytest.mark.parametrize("refused", REFUSED)
def test_an_injection_that_fails_half_way_is_undone_so_far(refused: str, host: FakeHost) -> None:
    host.put(f"triggers-{UNIT}", "redis.socket")
    host.put("unit-redis.socket", "active")
    command = refused.replace("-", " ", 1)
    names = [name for name in STILL if command in made(name, host).inject]
    assert names
    for name in names:
        assert inject_and_heal(name, host, refused) != 0
        for mark in host.marks.iterdir():
            mark.unlink()


OF_COMPONENTS = ("container-stop", "container-kill", "container-pause")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, host: FakeHost) -> str:
    """Each kind of placement; the container has no unit unless it is the kind's."""
    if request.param != "container-unit":
        (host.folder / "state" / "container-redis.of-unit").unlink()
    return str(request.param)


@pytest.mark.parametrize("name", OF_COMPONENTS)
def test_a_component_of_every_kind_ends_or_stands_still_and_comes_back(name: str, kind: str, host: FakeHost) -> None:
    before, attempt = host.all(), made(name, host, KINDS[kind])
    assert host.run(attempt.available).returncode == 0
    assert host.run(attempt.inject).returncode == 0
    shown = host.run(attempt.proof)
    assert shown.returncode == 0, shown
    assert host.run(attempt.available).returncode != 0
    assert host.run(attempt.heal).returncode == 0
    assert host.all() == before


@pytest.mark.parametrize("name", OF_COMPONENTS)
@pytest.mark.parametrize("owner", ["stopped", "frozen"])
def test_what_the_owner_of_any_kind_did_stays(owner: str, name: str, kind: str, host: FakeHost) -> None:
    done = {
        "stopped": {f"unit-{UNIT}": "inactive", "container-redis": "exited"},
        "frozen": {f"frozen-{UNIT}": "frozen", "container-redis": "paused"},
    }
    for file, content in done[owner].items():
        host.put(file, content)
    assert inject_and_heal(name, host, placement=KINDS[kind]) != 0


def test_a_container_that_would_be_gone_for_good_is_left_alone(host: FakeHost) -> None:
    host.put("removes-itself-redis", "")
    refused = host.run(made("container-stop", host, KINDS["container"]).available)
    assert (refused.returncode != 0, "removes itself when it ends" in refused.stdout) == (True, True)


def test_what_triggers_a_unit_is_stopped_with_it_and_starts_first(host: FakeHost) -> None:
    host.put(f"triggers-{UNIT}", "redis.socket")
    host.put("unit-redis.socket", "active")
    before, attempt = host.all(), made("container-kill", host, KINDS["unit"])
    assert host.run(attempt.inject).returncode == 0
    assert host.all()["state/unit-redis.socket"] == "inactive\n"
    assert host.run(attempt.heal).returncode == 0
    assert host.all() == before


@pytest.mark.parametrize("name", STILL)
def test_a_fault_changes_a_host_where_everything_runs(name: str, host: FakeHost) -> None:
    before, attempt = host.all(), made(name, host)
    injected = host.run(attempt.inject)
    assert injected.returncode == 0, injected
    assert host.all() != before
    assert host.run(attempt.heal).returncode == 0
    assert host.all() == before


@pytest.mark.parametrize("name", STILL)
def test_healing_without_an_injection_changes_nothing(name: str, host: FakeHost) -> None:
    host.put(f"unit-{UNIT}", "inactive")
    host.put("container-redis", "paused")
    host.put("qdisc-eth0", "qdisc tbf 8001: root refcnt 2")
    host.put(f"table-{TABLE}", "")
    before = host.all()
    assert host.run(made(name, host).heal).returncode == 0
    assert host.all() == before


@pytest.mark.parametrize(
    ("owner", "name", "reason"),
    [
        ("stopped", "container-stop", "hadrill-redis.service does not run"),
        ("stopped", "kubelet-stop", "kubelet.service does not run"),
        ("paused", "container-pause", "its container redis does not run: paused"),
        ("failing", "container-kill", "its container redis does not run: exited"),
        ("cordoned", "cordon", "me is cordoned already, by somebody else"),
        ("shaped", "slow-link", "its device eth0 is shaped already: qdisc tbf 8001: root refcnt 2 rate 50Mbit"),
        ("shaped on the other device", "slow-link", "its device eth1 is shaped already: qdisc fq 8002: root"),
    ],
)
def test_what_its_owner_did_makes_a_fault_unavailable_with_the_reason(
    owner: str, name: str, reason: str, host: FakeHost
) -> None:
    for file, content in OWNERS[owner].items():
        host.put(file, content)
    refused = host.run(made(name, host).available)
    assert refused.returncode != 0
    assert reason in refused.stdout


def test_an_owners_drop_in_lies_beside_the_experiments_and_stays(host: FakeHost) -> None:
    own = host.folder / "drop-ins" / f"{UNIT}.d" / "override.conf"
    own.parent.mkdir()
    own.write_text("[Service]\nRestart=always\n")
    before, attempt = host.all(), made("container-kill", host)
    host.run(attempt.inject)
    assert [file.name for file in sorted(own.parent.iterdir())] == [
        "override.conf",
        "zzz-hadrill-0123456789ab.conf",
    ]
    host.run(attempt.heal)
    assert host.all() == before


def test_what_stops_with_a_unit_starts_with_it_again_and_what_was_stopped_does_not(host: FakeHost) -> None:
    host.put("dependents-kubelet.service", "needs-it.service was-stopped.service multi-user.target")
    host.put("unit-needs-it.service", "active")
    host.put("unit-was-stopped.service", "inactive")
    before, attempt = host.all(), made("kubelet-stop", host)
    host.run(attempt.inject)
    assert host.all()["state/unit-needs-it.service"] == "inactive\n"
    host.run(attempt.heal)
    assert {**host.all(), "state/unit-multi-user.target": ""} == {**before, "state/unit-multi-user.target": ""}


def test_the_slow_link_is_the_one_to_the_peers_not_the_default_routes(host: FakeHost) -> None:
    host.run(made("slow-link", host).inject)
    assert {file for file in host.all() if "qdisc" in file} == {"state/qdisc-eth0", "state/qdisc-eth1"}


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of a name that no other has, as the container's own."""
    program = tmp_path / "redis-server"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "60"]) as started:
        yield started
        started.kill()


STOPPED, GOES_ON = "T", "RSD"
"""The kernel's letters for a process that stands still, and for one that does not."""
SHOWS_SECONDS = 5.0


def wait_for(pid: int, states: str) -> None:
    """A signal was sent: the process takes it when it is next on a processor."""

    def other() -> str | None:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        return None if state in states else state

    eventually(f"process {pid} in state {states}", other, Deadline(SHOWS_SECONDS))


def test_a_unit_without_the_kernels_freezer_stands_still_by_signals(
    host: FakeHost, process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    its = dataclasses.replace(host, pid=process.pid)
    its.put("no-freezer", "")
    # Here no cgroup is the unit's own.
    monkeypatch.setattr(Unit, "processes", lambda *_: f"echo {process.pid}")
    attempt = made("container-pause", its, KINDS["unit"])
    assert its.run(attempt.inject).returncode == 0
    wait_for(process.pid, STOPPED)
    assert its.run(attempt.proof).returncode == 0
    assert its.run(attempt.heal).returncode == 0
    wait_for(process.pid, GOES_ON)


def signalled(name: str, host: FakeHost, process: subprocess.Popen[bytes]) -> tuple[FakeHost, Fault]:
    its = dataclasses.replace(host, pid=process.pid)
    target = dataclasses.replace(FULL, process=f"{host.folder}/[r]edis-server", folder=str(host.marks))
    return its, fault(name, target)


def test_a_stopped_process_goes_on_when_it_is_healed(host: FakeHost, process: subprocess.Popen[bytes]) -> None:
    its, attempt = signalled("process-stop", host, process)
    assert its.run(attempt.available).returncode == 0
    assert its.run(attempt.inject).returncode == 0
    wait_for(process.pid, STOPPED)
    assert its.run(attempt.proof).returncode == 0
    assert its.run(attempt.heal).returncode == 0
    wait_for(process.pid, GOES_ON)
    assert its.run(attempt.proof).returncode != 0


def test_a_process_that_its_owner_stopped_stays_stopped(host: FakeHost, process: subprocess.Popen[bytes]) -> None:
    its, attempt = signalled("process-stop", host, process)
    its.run(f"kill -STOP {process.pid}")
    refused = its.run(attempt.available)
    assert (refused.returncode == 0, "is stopped already, by somebody else" in refused.stdout) == (False, True)
    assert its.run(attempt.inject).returncode != 0
    assert its.run(attempt.heal).returncode == 0
    wait_for(process.pid, STOPPED)


def test_another_process_of_that_number_is_left_alone(host: FakeHost, process: subprocess.Popen[bytes]) -> None:
    its, attempt = signalled("process-stop", host, process)
    its.run(attempt.inject)
    marked = host.marks / "stopped-pids"
    marked.write_text(f"{process.pid} 1\n")
    its.run(attempt.heal)
    wait_for(process.pid, STOPPED)


@pytest.mark.parametrize("name", ["process-kill", "process-term"])
def test_healing_a_killed_process_starts_no_unit_that_was_stopped(
    name: str, host: FakeHost, process: subprocess.Popen[bytes]
) -> None:
    its, attempt = signalled(name, host, process)
    its.put(f"unit-{UNIT}", "inactive")
    before = its.all()
    assert its.run(attempt.inject).returncode == 0
    assert process.wait() != 0
    assert its.run(attempt.proof).returncode == 0
    assert its.run(attempt.heal).returncode == 0
    assert its.all() == before


@pytest.mark.parametrize("trouble", ["broken", "mute"])
def test_a_container_of_the_owner_that_stays_down_with_its_engine_fails_healing(trouble: str, host: FakeHost) -> None:
    # One that comes back is started after it.
    host.put("container-zebra", "running")
    before, attempt = host.all(), made("engine-stop", host)
    assert host.run(attempt.inject).returncode == 0
    host.put(f"{trouble}-other", "")
    healed = host.run(attempt.heal)
    assert healed.returncode != 0
    assert healed.stderr == "container other stays down\n"
    (host.folder / "state" / f"{trouble}-other").unlink()
    assert host.run(attempt.heal).returncode == 0
    assert host.all() == before


def test_a_container_that_its_owner_removed_meanwhile_is_not_waited_for(host: FakeHost) -> None:
    attempt = made("engine-stop", host)
    assert host.run(attempt.inject).returncode == 0
    (host.folder / "state" / "container-other").unlink()
    assert host.run(attempt.heal).returncode == 0
    host.put("container-other", "exited")
    assert host.run(attempt.heal, refuse="docker-ps").returncode == 0
    (host.folder / "state" / "container-other").unlink()
    assert host.run(attempt.heal, refuse="docker-ps").returncode != 0


def test_units_that_do_not_start_fail_healing_though_all_containers_run(host: FakeHost) -> None:
    attempt = made("engine-stop", host)
    assert host.run(attempt.inject).returncode == 0
    assert host.run(attempt.heal, refuse="systemctl-start").returncode != 0


@pytest.mark.parametrize("name", ["process-term", "container-stop"])
def test_a_pattern_that_a_shell_would_read_otherwise_is_only_said(name: str, host: FakeHost) -> None:
    pattern = "redis'; touch made; echo '$(touch made) `touch made`"
    its = Inside(name="redis", carrier=REDIS, pattern=pattern)
    target = dataclasses.replace(FULL, placement=its, process=pattern, folder=str(host.marks))
    told = host.run(fault(name, target).available)
    assert told.returncode != 0
    assert pattern in told.stdout, told
    assert not (host.folder / "made").exists()


@pytest.mark.parametrize("name", ["cut-pair", "cut-one-way"])
def test_a_member_without_peers_cannot_be_cut_off_from_them(name: str, host: FakeHost) -> None:
    told = host.run(fault(name, FULL).available)
    assert told.returncode != 0
    assert told.stdout == "it has no peers that it could be cut off from\n"
