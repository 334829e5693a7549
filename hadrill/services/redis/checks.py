"""What is true of a healthy Redis with Sentinel, as an application and as every member sees it."""

import uuid
from functools import partial

from hadrill.inventory import Host
from hadrill.services.asking import ANSWER_SECONDS, ask, disagreements, failures, silence, through_each
from hadrill.services.finding import CheckFailedError, Finding, require
from hadrill.services.redis.service import PORT, SENTINEL_PORT, Redis
from hadrill.timing import Deadline, OverdueError, eventually

KEY_PREFIX = "hadrill:check:"
KEY_SECONDS = 60


def connectivity(service: Redis) -> None:
    """A client writes and reads at the entry point, and through each HAProxy, on the master."""
    way = service.inventory.entry_point(PORT)
    require(through_each(partial(_write_and_read, service), way.place, service.proxies, way.behind))


def replication(service: Redis) -> None:
    """There is one master; every replica is linked to it, and has the key that was written on it."""
    roles, findings = ask(service.members, service.role, service.inventory.port(PORT), "its role")
    masters = [host for host, role in roles.items() if role[0] == "master"]
    if len(masters) != 1:
        actual = f"{len(masters)} masters ({', '.join(map(str, masters)) or 'all are replicas'})"
        cause = (
            "nobody promoted a replica: see the sentinel check"
            if not masters
            else "an old master came back and was not told"
        )
        raise CheckFailedError([Finding("the cluster", "one master", actual, cause), *findings])
    master = masters[0]
    for host, role in roles.items():
        if role[0] == "slave" and (role[1] != master.address or role[3] != "connected"):
            cause = (
                "masterauth is wrong, or the network between the two is cut"
                if role[1] == master.address
                else "it follows another master"
            )
            findings.append(Finding(host.name, f"a link to {master}", f"{role[3]} to {role[1]}", cause))
    if findings:
        raise CheckFailedError(findings)
    key = KEY_PREFIX + uuid.uuid4().hex
    with service.client(master.address) as client:
        client.set(key, "written", ex=KEY_SECONDS)
        replicas = [host for host in service.members if host != master]
        try:
            _, findings = ask(
                replicas,
                lambda host: _arrives(service, host, key),
                service.inventory.port(PORT),
                "the key of the master",
            )
        finally:
            client.delete(key)
    require(findings)


def sentinel(service: Redis) -> None:
    """Every Sentinel, asked over the network, reaches a quorum, its peers and replicas, and names the same master."""
    masters, findings = ask(
        service.members, service.sentinel_master, service.inventory.port(SENTINEL_PORT), "Sentinel's view of the master"
    )
    named = {host: f"{seen['ip']}:{seen['port']}" for host, seen in masters.items()}
    findings += disagreements(named, "the master", "this Sentinel missed a failover, or watches another cluster")
    for host, seen in masters.items():
        findings += _wrong_numbers(service, host, seen)
    _, refusals = ask(
        list(masters), lambda host: _quorum(service, host), service.inventory.port(SENTINEL_PORT), "a quorum"
    )
    # What the others say of a Sentinel that does not answer us adds nothing.
    require(findings or refusals)


ALL = (connectivity, replication, sentinel)
"""Every check of this service, in the order of the report."""


def _write_and_read(service: Redis, name: str, address: str) -> list[Finding]:
    key = KEY_PREFIX + uuid.uuid4().hex
    try:
        with service.client(address) as client:
            client.set(key, name, ex=KEY_SECONDS)
            value = client.get(key)
            client.delete(key)
    except failures() as error:
        odd = "HAProxy has no server for it: redis-update-master did not point it at the master"
        return [silence(name, address, PORT, "a key to be written and read", error, odd)]
    return [] if value == name else [Finding(name, f"the value {name!r}", repr(value), "two masters answer in turn")]


def _arrives(service: Redis, host: Host, key: str) -> bool:
    with service.client(host.address) as client:
        try:
            eventually(f"the key on {host}", lambda: None if client.exists(key) else "no key", Deadline(ANSWER_SECONDS))
        except OverdueError:
            cause = "the replica lags or is cut off"
            actual = f"nothing after {ANSWER_SECONDS:g} s"
            raise CheckFailedError([Finding(host.name, "the key that the master wrote", actual, cause)]) from None
    return True


def _wrong_numbers(service: Redis, host: Host, seen: dict[str, str]) -> list[Finding]:
    others = len(service.members) - 1
    expected = {
        "num-slaves": (others, "replicas were not found, or are remembered from before"),
        "num-other-sentinels": (others, "Sentinels were not found, or are remembered from before"),
        "quorum": (service.settings.quorum, "the setting differs from the inventory's"),
    }
    findings = [
        Finding(host.name, f"{name} {count}", seen[name], cause)
        for name, (count, cause) in expected.items()
        if seen[name] != str(count)
    ]
    if seen["flags"] != "master":
        findings.append(
            Finding(host.name, "a master without flags", seen["flags"], "this Sentinel cannot reach the master")
        )
    return findings


def _quorum(service: Redis, host: Host) -> bool:
    with service.client(host.address, SENTINEL_PORT) as client:
        try:
            client.execute_command("SENTINEL", "CKQUORUM", service.settings.master_name)
        except failures() as error:
            cause = "Sentinels cannot reach each other: protected mode, a firewall, or stopped"
            raise CheckFailedError([Finding(host.name, "a quorum", str(error), cause)]) from error
    down = [peer["name"] for peer in service.sentinel_list(host, "SENTINELS") if "down" in peer["flags"]]
    if down:
        raise CheckFailedError(
            [Finding(host.name, "all peers up", f"{len(down)} down", "a Sentinel is stopped or filtered")]
        )
    if service.in_tilt(host):
        cause = "its host stood still or its clock jumped; for 30 s it takes part in nothing"
        raise CheckFailedError([Finding(host.name, "a Sentinel at work", "one in TILT mode", cause)])
    return True
