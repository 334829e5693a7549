"""A host whose shell prints something whenever it starts: told apart everywhere, and never the end of others' work."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Host, Inventory
from hadrill.lab.docker import docker
from hadrill.remote import CommandFailedError, Remote, RemoteError, runner_address
from tests.selftest.lab.from_bare import Loud, changes
from tests.selftest.lab.suite import BIN, ROOT, run_suite

STRANGER = "198.18.0.250"
NOISE = f'echo "{STRANGER} this session is recorded"'
ISOLATE_SECONDS = 200.0


def start_file(host: Host, program: str) -> None:
    """Change root's start file from outside: what is tried here must not depend on what it tries."""
    docker("exec", f"lab-{host.name}", "sh", "-c", program)


@pytest.fixture(scope="module")
def noisy(lab_inventory: Inventory) -> Iterator[Host]:
    """A host of Redis whose shell prints a line at its start."""
    host = lab_inventory.host("redis-02")
    start_file(host, f"cd /root; cp -p .bashrc .bashrc.before; {{ echo '{NOISE}'; cat .bashrc.before; }} > .bashrc")
    try:
        yield host
    finally:
        start_file(host, "cd /root; mv .bashrc.before .bashrc")


def test_it_is_noisy(noisy: Host, lab_inventory: Inventory) -> None:
    ssh = lab_inventory.settings.ssh
    options = [
        "-i",
        str(lab_inventory.path(ssh.key)),
        "-o",
        f"UserKnownHostsFile={lab_inventory.path(ssh.known_hosts)}",
    ]
    command = ["ssh", *options, f"root@{noisy.address}", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert STRANGER in done.stdout, "the tests below would show nothing"


def test_commands_and_programs_answer_as_ever(noisy: Host, ssh: Remote, lab_inventory: Inventory) -> None:
    assert ssh.run(noisy, "echo fine").stdout == "fine\n"
    assert runner_address(ssh, noisy) == lab_inventory.host("install-01").address


def test_it_is_diagnosed_as_any_other(noisy: Host, loud: Loud) -> None:
    assert "redis: no known cause; ruled out: name-wrong" in loud("hadrill", "diagnose", "redis")


def test_it_is_installed_as_any_other(noisy: Host, loud: Loud) -> None:
    assert changes(loud("fab", "base", "--check")) == 0


def test_it_is_checked_as_any_other(noisy: Host, tmp_path: Path) -> None:
    summary = run_suite("tests/hosts", tmp_path, "--no-page", "-k", noisy.name)
    assert summary["status"] == 0, summary["console"]
    assert summary["total"] > 5


def test_it_is_isolated_but_for_the_runner(noisy: Host, tmp_path: Path) -> None:
    options = ("--no-page", "--node", noisy.name, "--fault", "isolate")
    summary = run_suite("tests/failover", tmp_path, *options, seconds=ISOLATE_SECONDS)
    # A Sentinel shares its machine with Redis, so there it is unavailable.
    verdicts = [drill["verdict"] for drill in summary["drills"] if drill["role"] != "sentinel"]
    assert verdicts == ["passed"], summary["console"]
    assert STRANGER not in summary["console"]


def test_one_that_never_comes_to_the_command_ends_nobody_elses_work(
    noisy: Host, lab_inventory: Inventory, ssh: Remote
) -> None:
    start_file(noisy, "cd /root; cp .bashrc .bashrc.kept; { echo 'echo closed; exit 0'; cat .bashrc.kept; } > .bashrc")
    try:
        answers = ssh.everywhere(lab_inventory.managed, lambda host: ssh.run(host, "hostname").stdout.strip())
        done = subprocess.run(
            [str(BIN / "hadrill"), "diagnose", "redis"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    finally:
        start_file(noisy, "cd /root; mv .bashrc.kept .bashrc")
    wrong = {host: answer for host, answer in answers.items() if isinstance(answer, RemoteError)}
    assert list(wrong) == [noisy]
    assert not isinstance(wrong[noisy], CommandFailedError)
    assert "redis-02: the shell of user root printed 'closed' and did not run" in str(wrong[noisy])
    assert done.returncode == 1
    assert "not asked, so not judged: redis-02: the shell of user root printed 'closed'" in done.stderr
    assert "Traceback" not in done.stderr
