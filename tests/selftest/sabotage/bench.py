"""Applies a misconfiguration to hosts and takes it back, as safely as a fault: journal, healing program, timer."""

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.safety import on_target
from hadrill.safety.heal import heal_entry
from hadrill.safety.journal import Entry, started

TIMER_SECONDS = 300.0
TABLE = "inet hadrill_sabotage"


@dataclass(frozen=True)
class Disturbance:
    """What is done to one host, and how it is undone; both are programs for /bin/sh as root."""

    host: Host
    apply: str
    undo: str


@dataclass(frozen=True)
class Sabotage:
    """One cause: its name, the steps that bring it about, and a basic check of its service that must fail.

    Where none does, the service works, and only its failover would not: that is for the drill to refuse.
    `late`: the cause can be named before the check sees anything. `passing`: a check that may see it for a moment.
    """

    cause: str
    steps: tuple[Disturbance, ...]
    fails: str = ""
    late: bool = False
    passing: str = ""


def everywhere(hosts: Iterable[Host], apply: str, undo: str) -> tuple[Disturbance, ...]:
    """The same on several hosts."""
    return tuple(Disturbance(host, apply, undo) for host in hosts)


def stopped(host: Host, unit: str) -> Disturbance:
    """A unit is stopped."""
    return Disturbance(host, f"systemctl stop {unit}", f"systemctl start {unit}")


def spoilt(host: Host, file: str, change: str, restart: str) -> Disturbance:
    """A file is changed and what reads it restarted; its first content comes back."""
    kept = f"{file}.right"
    return Disturbance(
        host, f"cp -p {file} {kept}; {change}; {restart}", f"[ ! -e {kept} ] || mv {kept} {file}; {restart}"
    )


def cut_port(host: Host, peers: Iterable[Host], port: int) -> Disturbance:
    """A host hears nothing from its peers on a port; itself it does."""
    chain = "{ type filter hook input priority -10; }"
    addresses = ", ".join(peer.address for peer in peers)
    rule = f"iif != lo ip saddr {{ {addresses} }} tcp dport {port} drop"
    apply = f"nft 'add table {TABLE}; add chain {TABLE} input {chain}; add rule {TABLE} input {rule}'"
    return Disturbance(host, apply, f"nft delete table {TABLE} 2>/dev/null || :")


@contextmanager
def sabotaged(inventory: Inventory, remote: Remote, case: Sabotage) -> Iterator[None]:
    """The cause is there inside the block, and gone afterwards, whatever happened."""
    done: list[tuple[Disturbance, Entry]] = []
    try:
        for step in case.steps:
            entry = _entry(inventory, step.host, case.cause)
            entry.write()
            done.append((step, entry))
            on_target.arm(remote, step.host, entry.experiment, f"sabotage {case.cause}", step.undo, TIMER_SECONDS)
        for step, _ in done:
            remote.run(step.host, step.apply)
        yield
    finally:
        wrong = []
        for _, entry in reversed(done):
            if problem := heal_entry(remote, inventory, entry):
                wrong.append(problem)
            else:
                entry.remove()
        assert not wrong, wrong


def _entry(inventory: Inventory, host: Host, cause: str) -> Entry:
    folder = str(inventory.folder.absolute())
    pid = os.getpid()
    return Entry(uuid.uuid4().hex[:12], folder, host.name, f"sabotage {cause}", False, (), pid, started(pid))
