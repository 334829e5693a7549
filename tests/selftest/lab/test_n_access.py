"""A machine as other people have them: a user with sudo, another port, no root login, a jump host.

The suite, drills, diagnosis, installer and heal work there as they do elsewhere, and the lab is as before afterwards.
"""

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.lab.docker import docker
from hadrill.remote import Remote, UnreachableError, runner_address
from hadrill.safety.on_target import ROOT as ON_TARGET
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.drilling import running, until_step
from tests.selftest.lab.other_logins import Copy
from tests.selftest.lab.suite import BIN, LAB, ROOT, run_suite, until_healthy
from tests.selftest.unit.projects import WITHOUT_HYPOTHESIS

CLOSED, JUMP = "redis-02", "minio-03"
"""The machine that is not open to root any more, and the one that leads there."""
PORT = 2222
USER, GUEST = "deploy", "guest"
"""Who has sudo there, and who has not."""
JUMP_USER = "admin"
DROP_IN = "/etc/ssh/sshd_config.d/05-people.conf"
HEALED_SECONDS = 15.0
# $1 is the user.
ADD_USER = """
set -e
id -u "$1" > /dev/null 2>&1 || useradd --create-home --shell /bin/bash "$1"
install -d -m 700 -o "$1" -g "$1" "/home/$1/.ssh"
install -m 600 -o "$1" -g "$1" /lab/authorized_keys "/home/$1/.ssh/authorized_keys"
"""
REMOVE_USER = 'userdel --force --remove "$1" 2> /dev/null || :'
# $1 is the jump host's address, $2 the port.
CLOSE = f"""
set -e
printf '%s\\n' '{USER} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/people
chmod 0440 /etc/sudoers.d/people
printf '%s\\n' "Port $2" 'PermitRootLogin no' "AllowUsers {USER}@$1 {GUEST}@$1" > {DROP_IN}
ufw allow from "$1" to any port "$2" proto tcp
systemctl restart ssh
"""
# $1 is the runner's address.
OPEN = f"""
set -e
rm -f {DROP_IN} /etc/sudoers.d/people
ufw allow from "$1" to any port 22 proto tcp
systemctl restart ssh
"""


def on(machine: str, program: str, *arguments: str) -> str:
    """Run a program on a machine past its SSH."""
    return docker("exec", f"lab-{machine}", "sh", "-c", program, "sh", *arguments)


@pytest.fixture(scope="module")
def closed(lab_inventory: Inventory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """One machine is closed to root, and behind another; an inventory that says so."""
    until_healthy(lab_inventory)
    host, jump, runner = map(lab_inventory.host, (CLOSED, JUMP, "install-01"))
    known = (LAB / "credentials" / "ssh" / "known_hosts").read_text("ascii").splitlines()
    (key,) = [line.split(" ", 1)[1] for line in known if line.startswith(f"{host.address} ")]
    copy = Copy(tmp_path_factory.mktemp("closed"))
    own = {"ssh_user": USER, "ssh_port": str(PORT), "jump": f"{JUMP_USER}@{JUMP}"}
    copy.add(f"[{host.address}]:{PORT} {key}\n", {}, {CLOSED: own})
    try:
        on(JUMP, ADD_USER, JUMP_USER)
        for user in (USER, GUEST):
            on(CLOSED, ADD_USER, user)
        on(CLOSED, CLOSE, jump.address, str(PORT))
        copy.call("fab", "base")
        yield copy
    finally:
        on(CLOSED, OPEN, runner.address)
        on(JUMP, REMOVE_USER, JUMP_USER)
        for user in (USER, GUEST):
            on(CLOSED, REMOVE_USER, user)
        subprocess.run([str(BIN / "fab"), "base"], cwd=ROOT, check=True, capture_output=True)
        until_healthy(lab_inventory)


def test_root_does_not_come_in_any_more(closed: Copy, lab_inventory: Inventory) -> None:
    with Remote(lab_inventory) as fresh:
        (answer,) = fresh.everywhere([lab_inventory.host(CLOSED)], lambda host: fresh.run(host, "true")).values()
    assert isinstance(answer, UnreachableError)
    inventory = read(closed.folder)
    with Remote(inventory) as remote:
        host = inventory.host(CLOSED)
        assert remote.run(host, "id -u; sshd -T | grep -i ^permitrootlogin").stdout == "0\npermitrootlogin no\n"
        assert runner_address(remote, host) == inventory.host(JUMP).address


def test_the_installer_finds_nothing_to_change_there_the_second_time(closed: Copy) -> None:
    assert "0 changed" in closed.call("fab", "base")
    assert "0 would change" in closed.call("fab", "redis", "--check")


def test_the_inventory_is_in_order(closed: Copy) -> None:
    assert CLOSED in closed.call("hadrill", "inventory", "check", "--log-in")


@pytest.mark.parametrize("suite", ["hosts", "basic"])
def test_a_suite_is_green(closed: Copy, suite: str, tmp_path: Path) -> None:
    summary = run_suite(f"tests/{suite}", tmp_path, f"--inventory={closed.folder}", "--no-page")
    red = [(check["id"], check["outcome"]) for check in summary["checks"] if check["outcome"] != "passed"]
    assert not red, summary["console"]
    assert any(CLOSED in check["id"] for check in summary["checks"]) == (suite == "hosts")


def test_diagnosis_finds_nothing_and_misses_nobody(closed: Copy) -> None:
    shown = closed.call("hadrill", "diagnose", "redis")
    assert "not asked" not in shown


def test_a_drill_passes_there_and_spares_the_jump_host(closed: Copy, tmp_path: Path, gone: Callable[[], None]) -> None:
    which = ("--service=redis", f"--node={CLOSED}", "--fault=isolate")
    summary = run_suite("tests/failover", tmp_path, f"--inventory={closed.folder}", "--no-page", *which)
    # Its Sentinel has no isolation of its own.
    made = [(drill["node"], drill["verdict"]) for drill in summary["drills"] if drill["role"] != "sentinel"]
    assert made == [(CLOSED, "passed")], summary["console"]
    gone()


def test_the_jump_host_is_not_cut_off_itself(closed: Copy) -> None:
    which = ("-m", "failover", "--service=minio", f"--node={JUMP}", "--fault=isolate")
    shown = closed.call("pytest", *WITHOUT_HYPOTHESIS, *which, "--plan", "--no-page")
    assert f"{JUMP} is the jump host of {CLOSED}: nothing could be healed there meanwhile" in shown


def test_the_watchdog_heals_there_when_the_runner_is_killed(
    closed: Copy, tmp_path: Path, gone: Callable[[], None]
) -> None:
    which = ("--service=redis", f"--node={CLOSED}", "--fault=isolate")
    with running(tmp_path, f"--inventory={closed.folder}", *which) as run:
        until_step(run, "redis", 6)
        assert on(CLOSED, f"ls {ON_TARGET}; nft list tables").count("hadrill_") == 1
        run.send_signal(signal.SIGKILL)
        run.wait()
        gone()


def test_who_may_not_become_root_is_named_before_anything_is_touched(closed: Copy, tmp_path: Path) -> None:
    denied = Copy(tmp_path)
    denied_rows = {CLOSED: {"ssh_user": GUEST, "ssh_port": str(PORT), "jump": f"{JUMP_USER}@{JUMP}"}}
    known = (closed.folder / "known_hosts").read_text("ascii").splitlines(keepends=True)[-1]
    denied.add(known, {}, denied_rows)
    sentence = (
        f"{GUEST} may not become root on {CLOSED}: 'sudo: a password is required'; let it without a password: put "
    )
    assert sentence in denied.call("fab", "base", status=1)
    assert sentence in denied.call("hadrill", "inventory", "check", "--log-in", status=1)
    shown = denied.call("pytest", *WITHOUT_HYPOTHESIS, "-m", "failover", "--service=redis", "--no-page", status=1)
    assert sentence in shown
    assert "nothing was touched" in shown
    assert on(CLOSED, f"ls {ON_TARGET}/leases") == ""


@pytest.fixture
def gone(closed: Copy, lab_inventory: Inventory) -> Callable[[], None]:
    """Wait until nothing of a drill is left on the closed machine, and Redis is whole."""

    def left() -> str | None:
        look = f"ls -d {ON_TARGET}/*/heal {ON_TARGET}/leases/* 2>/dev/null; nft list tables | grep hadrill_; :"
        return on(CLOSED, look) or None

    def wait() -> None:
        eventually("every trace to be gone", left, Deadline(HEALED_SECONDS))
        until_healthy(read(closed.folder))

    return wait
