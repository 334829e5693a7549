"""Components of every kind end, stand still and come back by the same faults: made here, on a machine of their own."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hadrill.faults import Fault, Target, fault
from hadrill.inventory import Host, Inventory
from hadrill.placement import Container, Inside, Placement, Unit
from hadrill.remote import Output, Remote
from hadrill.safety import on_target
from hadrill.timing import Deadline, eventually
from tests.selftest.foreign.conftest import Run

NAME, MACHINE = "selftest-component", "echo-01"
LOOP = "echo I am $MARK; while :; do sleep 300; done"
BACK_SECONDS = 15.0
STAYS_SECONDS = 4
LONG_SECONDS, SOON_SECONDS = 60.0, 2.0
TIMED_OUT = 124
UNIT_FILE = f"/run/systemd/system/{NAME}.service"
UNIT = f"""\
[Service]
Environment="MARK=the unit"
ExecStart=/bin/sh -c '{LOOP}'
Restart=always
RestartSec=200ms
"""
UNIT_PLACED = Unit(name=NAME, unit=f"{NAME}.service", data="/run")
PLACED: dict[str, Placement] = {
    "unit": UNIT_PLACED,
    "container": Container(name=NAME, container=NAME, data="/run"),
    "inside": Inside(name="sleep", carrier=UNIT_PLACED, pattern="^sleep 300"),
}


@dataclass(frozen=True)
class Bench:
    """One component on a machine, and what is done to it."""

    remote: Remote
    host: Host
    its: Placement

    def try_(self, program: str) -> Output:
        """Run a program of its placement."""
        return self.remote.attempt(self.host, program)

    def fault(self, name: str, drill: str) -> Fault:
        """A fault of it."""
        return fault(name, Target(drill, self.its, "", "", (), 0, 0, on_target.folder(drill)))

    def down(self) -> str | None:
        """None where it runs."""
        return self.try_(self.its.runs).stdout or None

    def stays_down(self) -> bool:
        """Whether nobody starts it again for a while, though its supervisor would in less."""
        until = f"timeout {STAYS_SECONDS} sh -c {on_target_quoted(self.its.runs)}"
        return self.try_(until).status == TIMED_OUT


def on_target_quoted(condition: str) -> str:
    """A loop until a condition holds, as one word for the shell."""
    text = f"until {{ {condition}; }} >/dev/null; do sleep 0.1; done"
    return "'" + text.replace("'", "'\\''") + "'"


@pytest.fixture(scope="module")
def installed_there(run: Run) -> None:
    """The machines have what a container needs."""
    run("fab", "base")


@pytest.fixture(params=PLACED)
def bench(
    request: pytest.FixtureRequest, installed_there: None, two_more: Inventory, opened: Remote
) -> Iterator[Bench]:
    """A component of each kind, running."""
    ssh, host, image = opened, two_more.host(MACHINE), two_more.image("redis")
    container = f"docker run --detach --name {NAME} --restart always --network none --env MARK='the container' {image}"
    its = PLACED[request.param]
    if request.param == "container":
        ssh.run(host, f'{container} sh -c "{LOOP.replace("$", chr(92) + "$")}"')
    else:
        ssh.run(host, f"cat > {UNIT_FILE}; systemctl daemon-reload; systemctl start {NAME}", stdin=UNIT)
    made = Bench(ssh, host, its)
    try:
        eventually("the component to run", made.down, Deadline(BACK_SECONDS))
        yield made
    finally:
        remove = f"systemctl stop {NAME}; rm -f {UNIT_FILE}; systemctl daemon-reload; docker rm --force --time 0 {NAME}"
        ssh.run(host, f"{{ {remove}; }} >/dev/null 2>&1; ! [ -e {UNIT_FILE} ]")


@pytest.mark.parametrize("name", ["container-stop", "container-kill", "container-pause"])
def test_a_component_ends_or_stands_still_until_it_is_healed(name: str, bench: Bench) -> None:
    drill = uuid.uuid4().hex[:12]
    made = bench.fault(name, drill)
    assert bench.try_(made.available).status == 0
    on_target.arm(bench.remote, bench.host, drill, name, made.heal, LONG_SECONDS)
    try:
        injected = on_target.inject(bench.remote, bench.host, drill, made.inject)
        assert injected.status == 0, injected
        proof = bench.try_(made.proof)
        assert proof.status == 0, proof
        if made.lasts:
            assert bench.stays_down()
            assert bench.try_(made.proof).status == 0
    finally:
        on_target.disarm_and_heal(bench.remote, bench.host, drill)
    eventually("it to run again", bench.down, Deadline(BACK_SECONDS))


@pytest.mark.parametrize("name", ["container-stop", "container-kill"])
def test_what_the_targets_own_timer_starts_again_outlives_the_timer(name: str, bench: Bench) -> None:
    drill = uuid.uuid4().hex[:12]
    made = bench.fault(name, drill)
    on_target.arm(bench.remote, bench.host, drill, name, made.heal, SOON_SECONDS)
    assert on_target.inject(bench.remote, bench.host, drill, made.inject).status == 0

    def armed() -> str | None:
        service = f"systemctl is-active --quiet hadrill-heal-{drill}.service && echo healing"
        return bench.try_(f"ls {on_target.folder(drill)} 2>/dev/null; {service}").stdout or None

    eventually("the timer to have healed", armed, Deadline(BACK_SECONDS))
    eventually("it to run again", bench.down, Deadline(BACK_SECONDS))
    # Also after systemd has cleared away what the timer's own unit left.
    assert bench.try_(f"! timeout 2 sh -c {on_target_quoted('! { ' + bench.its.runs + '; }')}").status == 0


def test_its_supervisor_starts_it_again_where_nobody_keeps_it_down(bench: Bench) -> None:
    first = bench.try_(bench.its.main_pid).stdout.strip()
    assert bench.try_(f"kill -KILL {first}").status == 0

    def same() -> str | None:
        now = bench.try_(bench.its.main_pid).stdout.strip()
        return bench.down() or (f"still {first}" if now in (first, "", "0") else None)

    eventually("another process", same, Deadline(BACK_SECONDS))
    again = bench.its.restarts_after(bench.try_(bench.its.restarts).stdout)
    assert again == {"unit": 0.2, "container": 0.1, "inside": 0.0}[_kind_of(bench.its)]


def test_its_words_and_its_environment_are_found(bench: Bench) -> None:
    mark = "the container" if isinstance(bench.its, Container) else "the unit"
    assert f"I am {mark}" in bench.try_(bench.its.logs(60, 20)).stdout
    assert bench.try_(bench.its.execute('echo "$MARK"')).stdout == f"{mark}\n"
    assert f"MARK={mark}" in bench.try_(bench.its.environment).stdout.splitlines()
    assert len(bench.try_(bench.its.processes("^sleep 300")).stdout.split()) == 1


def _kind_of(its: Placement) -> str:
    return next(name for name, placed in PLACED.items() if placed == its)
