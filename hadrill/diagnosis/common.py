"""Causes that any host can have, whatever runs on it. They come before a service's own, as they explain more."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from hadrill.diagnosis.rule import Rule
from hadrill.diagnosis.view import View
from hadrill.inventory import Host
from hadrill.placement import files, folders
from hadrill.remote import shell

FULL_PERCENT = 97
APART_SECONDS = 2.0
"""Sentinel, Patroni and Galera live with less."""

BUSY_PERCENT = 90.0
"""Percent of the last minute. The lab's whole stack on two processors passes its checks at 77."""
PRESSURE = "cat /proc/pressure/cpu 2> /dev/null"

EXPIRES_DAYS = 14
NAMES = """for n do echo "$n" "$(getent ahostsv4 "$n" | head -1 | cut -d' ' -f1)"; done"""

LISTENERS = "ss -Hltnp 2> /dev/null"
"""Sockets that listen: state, two queue lengths, its own address, the peer's, and the processes that hold it."""


def commands(hosts: Iterable[Host]) -> dict[str, str]:
    """What every host is asked: names, room on its disk, waits for its processors, certificates, listeners."""
    return {
        "names": shell.script(NAMES, *dict.fromkeys(name for host in hosts for name in (host.name, host.fqdn))),
        "disk": files.room(),
        "pressure": PRESSURE,
        "certificates": files.certificates_expiring(EXPIRES_DAYS),
        "listeners": LISTENERS,
    }


def wrong_names(view: View[Any]) -> Iterator[str]:
    """Names that lead to another address than the inventory's. Whom hadrill did not set up may do without any."""
    without = view.service.inventory.settings.adopted
    addresses = {name: host.address for host in view.everybody for name in (host.name, host.fqdn)}
    for host in view.asked:
        for line in view.printed(host, "names").splitlines():
            name, _, address = line.partition(" ")
            if without and not address:
                continue
            if name in addresses and address != addresses[name] and not address.startswith("127."):
                taken = address or "nothing"
                yield f"{host} takes {name} for {taken}; the inventory says {addresses[name]}"


def full_disk(view: View[Any]) -> Iterator[str]:
    """Disks without room."""
    for host in view.asked:
        percent, _, place = view.printed(host, "disk").strip().partition("%")
        if percent.isdigit() and int(percent) >= FULL_PERCENT:
            yield f"{host}: {place.strip()} is {percent}% full"


def clocks(view: View[Any]) -> Iterator[str]:
    """Clocks that differ by more than slow answers can explain."""
    told = {host: facts for host, facts in view.asked.items() if facts.time}
    if not told:
        return
    ahead = max(told, key=lambda host: told[host].skew - told[host].doubt)
    behind = min(told, key=lambda host: told[host].skew + told[host].doubt)
    lead = (told[ahead].skew - told[ahead].doubt) - (told[behind].skew + told[behind].doubt)
    if lead > APART_SECONDS:
        yield f"{ahead} is at least {lead:.1f} s ahead of {behind}"


def shared_ports(view: View[Any]) -> Iterator[str]:
    """Ports that two programs share (SO_REUSEPORT): the kernel gives connections to either of them."""
    for host in view.asked:
        holders: dict[str, list[dict[str, str]]] = {}
        for line in view.printed(host, "listeners").splitlines():
            fields = line.split(maxsplit=5)
            # Processes that hold a socket together count as one program.
            programs = {pid: name for name, pid in re.findall(r'\("([^"]*)",pid=(\d+)', fields[-1])}
            if len(fields) > 5 and programs:
                others = holders.setdefault(fields[3], [])
                if all(not programs.keys() & other.keys() for other in others):
                    others.append(programs)
        for place, sharing in holders.items():
            if len(sharing) > 1:
                told = " and ".join(f"{min(some.values())} (pid {min(some, key=int)})" for some in sharing)
                yield f"{host}: {told} both listen on {place}"


def expiring(view: View[Any]) -> Iterator[str]:
    """Certificates that clients will soon refuse."""
    for host in view.asked:
        yield from view.log(host, "certificates", "notAfter=")


def busy(view: View[Any]) -> Iterator[str]:
    """Hosts whose processes wait for processors, by the kernel's own count (Linux' Documentation/accounting/psi)."""
    for host in view.asked:
        pressure = re.search(r"^some .*avg60=([\d.]+)", view.printed(host, "pressure"))
        if pressure and float(pressure[1]) >= BUSY_PERCENT:
            yield f"{host}: in {float(pressure[1]):.0f}% of the last minute something waited for a processor"


RULES: tuple[Rule[View[Any]], ...] = (
    Rule(
        "name-wrong",
        "a host takes a member's name for another address",
        "getent on each host, compared with the inventory",
        "correct /etc/hosts or the resolver there; `fab base` does",
        wrong_names,
    ),
    Rule(
        "disk-full",
        "a host's disk is full",
        f"df of {folders.DATA} at {FULL_PERCENT}% or more",
        "make room; databases stop before a disk is quite full",
        full_disk,
    ),
    Rule(
        "clocks-apart",
        f"clocks differ by more than {APART_SECONDS:g} s",
        "each host's time beside the runner's, less what a slow answer leaves open",
        "let all hosts follow the same time source",
        clocks,
    ),
    Rule(
        "port-shared",
        "two programs listen on the same port, and connections go to either by chance",
        "sockets of ss on one address and port that no process holds together",
        "stop and disable the one that does not belong there; `fab sql-proxy` does for the kind of proxy not in use",
        shared_ports,
    ),
    Rule(
        "certificate-expiring",
        "a certificate is about to expire, or has",
        f"a certificate below {folders.CONFIGURATION} that ends within {EXPIRES_DAYS} days",
        "renew it, put it in its place and restart what reads it, one host after the other",
        expiring,
    ),
)
"""For every service."""

SINGLE_PROXY: Rule[View[Any]] = Rule(
    "single-proxy",
    "the loss of one proxy is an outage now",
    "one proxy's statistics page answers, the others' do not",
    "bring the other proxy back",
    View.single_proxy,
)
"""For services behind HAProxy; the least urgent, so it ends their lists."""

BUSY: Rule[View[Any]] = Rule(
    "processors-busy",
    "processes waited for a processor most of the time",
    f"`some` of /proc/pressure/cpu at {BUSY_PERCENT:g}% or more over a minute",
    "give the host more processors or less work: timers of a second or less are not kept on it",
    busy,
    foretells=False,
)
"""For every service, and after all others: it makes anything late, so it explains only what nothing else does."""
