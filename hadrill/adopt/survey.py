"""What runs on hosts, before anybody knows what it is for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import Any

from hadrill import on_host
from hadrill.inventory import Host
from hadrill.placement import engine
from hadrill.remote import Remote, RemoteError, reading, run_program
from hadrill.services.adopting import Program

SURVEY_SECONDS = 60.0


@dataclass(frozen=True)
class Survey:
    """One host's: what it is called, where it is reached, and every program that listens there."""

    host: Host
    hostname: str
    fqdn: str
    networks: tuple[IPv4Interface, ...]
    programs: tuple[Program, ...]
    problems: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Everything that peers may call it."""
        short = (self.hostname.partition(".")[0], self.fqdn.partition(".")[0])
        addresses = (str(network.ip) for network in self.networks)
        return frozenset(filter(None, (self.hostname, self.fqdn, *short, *addresses, self.host.address)))


def survey(remote: Remote, hosts: Iterable[Host], variables: Iterable[str]) -> dict[Host, Survey | RemoteError]:
    """Look at all hosts at once. `variables` are environment variables whose values are wanted."""
    message = {
        "variables": sorted(set(variables)),
        "engines": engine.NAMES,
        "starters": (*engine.NAMES, engine.MONITOR),
        "devices": engine.DEVICES,
    }

    def one(host: Host) -> Survey:
        answer = run_program(remote, host, on_host.program("survey"), message, SURVEY_SECONDS)
        with reading(host):
            return _survey(host, answer)

    return remote.everywhere(hosts, one)


def _survey(host: Host, answer: Mapping[str, Any]) -> Survey:
    containers = answer["containers"]
    programs = [_program(row, containers.get(row["container"]), answer["units"]) for row in answer["processes"]]
    return Survey(
        host,
        answer["hostname"],
        answer["fqdn"],
        tuple(map(IPv4Interface, answer["networks"])),
        tuple(programs),
        tuple(answer["problems"]),
    )


def _program(row: Mapping[str, Any], container: Mapping[str, Any] | None, units: Mapping[str, str]) -> Program:
    command = tuple(row["command"])
    if container is None:
        started = tuple(units.get(row["unit"], "").split())
        return Program(row["pid"], command, started, tuple(row["ports"]), row["environment"], unit=row["unit"])
    published = {int(inside): outside for inside, outside in container["ports"].items()}
    image = container["image"]
    pinned = "@" in image or image.rpartition("/")[2].partition(":")[2] not in ("", "latest")
    return Program(
        row["pid"],
        command,
        tuple(container["command"]),
        tuple(published.get(port, port) for port in row["ports"]),
        {**container["environment"], **row["environment"]},
        container["unit"],
        container["name"],
        image
        if pinned
        else f"{image.partition(':')[0]}@sha256:{container['digest'].partition(':')[2] or container['digest']}",
        container["mounts"],
    )
