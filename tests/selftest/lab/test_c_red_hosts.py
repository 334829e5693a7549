"""Can each check of module 2 fail? One host is spoilt one way at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import testinfra.host

from hadrill.inventory import Host, Inventory
from hadrill.lab.lab import Lab
from hadrill.remote import Remote
from hadrill.remote.backend import RemoteBackend
from hadrill.services.finding import CheckFailedError
from hadrill.services.hosts import checks
from hadrill.services.hosts.scan import entry_points_answer, only_the_wanted_ports, scan
from hadrill.timing import Deadline, eventually

SSHD = "/etc/ssh/sshd_config.d/01-spoilt.conf"
MENDED_SECONDS = 10.0
ALLOW = "ufw-user-input -p tcp --dport 6379 -j ACCEPT"


@pytest.fixture
def host(lab_inventory: Inventory) -> Host:
    return lab_inventory.host("redis-01")


@pytest.fixture
def machine(host: Host, ssh: Remote) -> testinfra.host.Host:
    return testinfra.host.Host(RemoteBackend(ssh, host))


@contextmanager
def spoilt(ssh: Remote, host: Host, spoil: str, mend: str) -> Iterator[None]:
    """A host that is spoilt for a while."""
    ssh.run(host, spoil)
    try:
        yield
    finally:
        ssh.run(host, mend)


CASES: dict[str, tuple[str, str, Callable[[Inventory, Host, testinfra.host.Host], Callable[[], None]], str]] = {
    "engine": (
        "mv /usr/bin/docker /usr/bin/docker.away",
        "mv /usr/bin/docker.away /usr/bin/docker",
        lambda _, host, machine: partial(checks.engine, host, machine),
        "no container engine",
    ),
    "swap": (
        "cp -p /etc/fstab /etc/fstab.kept 2>/dev/null; echo '/swapfile none swap sw 0 0' >> /etc/fstab",
        "rm /etc/fstab; mv /etc/fstab.kept /etc/fstab 2>/dev/null || true",
        lambda _, host, machine: partial(checks.swap, host, machine),
        "swap was switched on",
    ),
    "sshd": (
        f"echo 'PasswordAuthentication yes' > {SSHD} && systemctl restart ssh",
        f"rm {SSHD} && systemctl restart ssh",
        lambda _, host, machine: partial(checks.sshd, host, machine),
        "comes first",
    ),
    "resolver": (
        "sed -i.kept 's/^198.18.0.124 /198.18.0.99 /' /etc/hosts",
        "mv /etc/hosts.kept /etc/hosts",
        lambda inventory, host, machine: partial(checks.resolver, host, machine, inventory),
        "/etc/hosts",
    ),
    "firewall": (
        "ufw --force disable",
        "ufw --force enable",
        lambda _, host, machine: partial(checks.firewall, host, machine),
        "switched off",
    ),
    "images": (
        "systemctl disable --now hadrill-sentinel",
        "systemctl enable --now hadrill-sentinel",
        lambda inventory, host, machine: partial(checks.images, host, machine, inventory),
        "the container is stopped",
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("healed")
def test_a_spoilt_host_turns_its_check_red(
    name: str, lab_inventory: Inventory, host: Host, machine: testinfra.host.Host, ssh: Remote
) -> None:
    spoil, mend, check, cause = CASES[name]
    check(lab_inventory, host, machine)()
    with spoilt(ssh, host, spoil, mend), pytest.raises(CheckFailedError) as caught:
        check(lab_inventory, host, machine)()
    assert caught.value.findings[0].host == "redis-01"
    assert cause in str(caught.value)

    def still_red() -> str | None:
        try:
            check(lab_inventory, host, machine)()
        except CheckFailedError as error:
            return str(error)
        return None

    # A unit counts as started before its container runs.
    eventually(f"{name} to be found right again", still_red, Deadline(MENDED_SECONDS))


def test_a_port_too_many_is_found(lab_inventory: Inventory, host: Host, ssh: Remote) -> None:
    with spoilt(ssh, host, f"iptables -A {ALLOW}", f"iptables -D {ALLOW}"):
        ports = scan(lab_inventory, ssh)
    with pytest.raises(
        CheckFailedError, match=r"redis-01: expected port 6379 closed to \S+, found open .*a rule too many"
    ):
        only_the_wanted_ports(lab_inventory, host, ports)


def test_a_missing_rule_is_found(lab_inventory: Inventory, host: Host, ssh: Remote) -> None:
    rule = "ufw-user-input -p tcp --dport 26379 -s 198.18.0.124 -j ACCEPT"
    with spoilt(ssh, host, f"iptables -D {rule}", f"iptables -A {rule}"):
        ports = scan(lab_inventory, ssh)
    with pytest.raises(
        CheckFailedError, match=r"port 26379 \(Sentinel\) open to redis-02, found closed .*a firewall rule is missing"
    ):
        only_the_wanted_ports(lab_inventory, host, ports)


@pytest.mark.usefixtures("healed")
def test_a_dead_load_balancer_is_found(lab_inventory: Inventory, ssh: Remote) -> None:
    lab = Lab(lab_inventory)
    lab.cut_power("lb-01")
    try:
        ports = scan(lab_inventory, ssh)
    finally:
        lab.restore_power("lb-01")
    with pytest.raises(CheckFailedError, match=r"lb-01: expected port 5432 open to .*the load balancer is down"):
        entry_points_answer(lab_inventory, ports)
