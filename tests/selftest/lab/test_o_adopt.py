"""The lab's stack is adopted from its addresses alone: the same model and checks, and nothing is changed there."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.remote import Remote
from hadrill.services import registry
from tests.selftest.lab.suite import BIN, LAB, ROOT, run_suite, until_healthy

STATE = """
find /etc /root /usr/local /opt /home -xdev -type f ! -name '*.pyc' -printf '%p %s %T@\\n' | sort | sha256sum
docker ps --no-trunc --format '{{.ID}} {{.Names}}' | sort
systemctl list-unit-files --no-legend | cut -d' ' -f1-2 | sort | sha256sum
dpkg-query -W | sha256sum
"""
BALANCERS = ("198.18.0.10", "198.18.0.20")
NOWHERE = {"postgresql": ("HADRILL_PASSWORD",), "mariadb": ("HADRILL_PASSWORD",)}
"""Credentials that the hosts do not have in plain text, besides those that its SQL proxy needs in ProxySQL alone."""


def state(inventory: Inventory, ssh: Remote) -> dict[str, str]:
    answers = ssh.everywhere(inventory.managed, lambda host: ssh.run(host, STATE).stdout)
    return {host.name: str(answer) for host, answer in answers.items()}


@pytest.fixture(scope="module")
def folder(lab_inventory: Inventory, ssh: Remote, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What a user has after `hadrill adopt`, and after he wrote down what it could not read."""
    until_healthy(lab_inventory)
    made = tmp_path_factory.mktemp("adopted") / "mine"
    login = lab_inventory.login(lab_inventory.managed[0])
    known_hosts = lab_inventory.path(lab_inventory.settings.ssh.known_hosts).absolute()
    before = state(lab_inventory, ssh)
    command = [BIN / "hadrill", "adopt", *(host.address for host in lab_inventory.managed), "-o", made]
    command += ["--key", login.keys[0].absolute(), "--known-hosts", known_hosts]
    command += [word for address in BALANCERS for word in ("--balancer", address)]
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT, text=True, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (made / "said").write_text(done.stdout)
    assert state(lab_inventory, ssh) == before
    for role, names in NOWHERE.items():
        for name in names:
            assert f"{name} in {made}/credentials/{role}.env" in done.stdout
            with (made / "credentials" / f"{role}.env").open("a") as file:
                file.write(f"{name}={lab_inventory.credentials.secret(role, name)}\n")
    secrets = ("ADMIN_PASSWORD", "MONITOR_PASSWORD")
    own = made / "credentials" / "proxysql.env"
    own.touch(mode=0o600)
    own.write_text("".join(f"{name}={lab_inventory.credentials.secret('proxysql', name)}\n" for name in secrets))
    yield made
    until_healthy(lab_inventory)


def test_no_secret_is_shown(folder: Path, lab_inventory: Inventory) -> None:
    shown = (folder / "said").read_text()
    assert [secret for secret in lab_inventory.credentials.values() if secret in shown] == []
    others = [folder / name for name in ("servers.tsv", "topology.yaml", "settings.yaml", "versions.yaml")]
    text = "".join(file.read_text() for file in others)
    assert [secret for secret in lab_inventory.credentials.values() if secret in text] == []


def test_the_model_is_that_of_its_own_inventory(folder: Path, lab_inventory: Inventory) -> None:
    adopted = read(folder)
    assert {(h.name, h.address) for h in adopted.managed} == {(h.name, h.address) for h in lab_inventory.managed}
    for known in registry.services():
        ours, theirs = lab_inventory.clusters_of(known.name), adopted.clusters_of(known.name)
        assert [{m.name for m in one.members} for one in theirs] == [{m.name for m in one.members} for one in ours]
        assert [dict(one.components) for one in theirs] == [{} for _ in ours]
        for cluster in ours:
            mine = adopted.about_the(known.name) if theirs else adopted
            for port in (port.number for front in known.fronts for port in front.ports):
                try:
                    way = lab_inventory.entry_point(port)
                except LookupError:
                    continue
                other = mine.entry_point(port)
                assert (other.address, other.at, other.target) == (way.address, way.at, way.target), (cluster, port)


def test_the_basic_checks_are_green(folder: Path, tmp_path: Path) -> None:
    summary = run_suite("tests/basic", tmp_path, f"--inventory={folder}")
    assert (summary["passed"], summary["total"]) == (13, 13), summary["console"]


def test_a_drill_needs_consent_and_passes_with_it(folder: Path, tmp_path: Path) -> None:
    file = "tests/failover/test_redis.py"
    options = (f"--inventory={folder}", "--service=redis", "--fault=container-kill", "--node=redis-03", "--no-page")
    refused = run_suite(file, tmp_path / "refused", *options)
    assert "consent" in refused["console"]
    settings = folder / "settings.yaml"
    settings.write_text(settings.read_text().replace("consent: []", "consent: [redis-01, redis-02, redis-03]"))
    passed = run_suite(file, tmp_path / "passed", *options, "--consent=redis-01,redis-02,redis-03")
    assert passed["drills"][0]["verdict"] == "passed", passed["console"]


def test_nothing_is_installed_on_it(folder: Path) -> None:
    done = subprocess.run(
        [str(BIN / "fab"), "all", "--inventory", str(folder)], cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert "was adopted: what runs there is its owner's" in done.stdout + done.stderr
    assert read(LAB).settings.adopted is False
