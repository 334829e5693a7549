"""Module 2 on every host: engine, swap, SSH, resolver, firewall, and the pinned images really running."""

import pytest
import testinfra.host

from hadrill.inventory import Host, Inventory
from hadrill.services.hosts import checks

pytestmark = pytest.mark.service("hosts")


def test_engine(host: Host, machine: testinfra.host.Host) -> None:
    """A container engine answers."""
    checks.engine(host, machine)


def test_swap(host: Host, machine: testinfra.host.Host) -> None:
    """Swap is off, now and after a restart."""
    checks.swap(host, machine)


def test_sshd(host: Host, machine: testinfra.host.Host) -> None:
    """sshd takes keys only."""
    checks.sshd(host, machine)


def test_resolver(host: Host, machine: testinfra.host.Host, inventory: Inventory) -> None:
    """Names lead where the inventory says."""
    checks.resolver(host, machine, inventory)


def test_firewall(host: Host, machine: testinfra.host.Host) -> None:
    """What is not allowed is denied, now and after a restart."""
    checks.firewall(host, machine)


def test_images(host: Host, machine: testinfra.host.Host, inventory: Inventory) -> None:
    """The pinned images run, and start again after a power cut."""
    checks.images(host, machine, inventory)
