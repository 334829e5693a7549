"""Which hosts are looked at: addresses as they are given, and those of files that people have already."""

import re
import shlex
import socket
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import yaml

from hadrill.inventory import Host, Problem
from hadrill.inventory.servers import read_servers
from hadrill.inventory.ssh_config import SshConfigError, ssh_config
from hadrill.services.service import BASE, RUNNER

RANGE = re.compile(r"\[(\d+):(\d+)\]")
LOGIN = {
    "address": ("ansible_host", "ansible_ssh_host"),
    "user": ("ansible_user", "ansible_ssh_user"),
    "port": ("ansible_port", "ansible_ssh_port"),
    "key": ("ansible_ssh_private_key_file",),
}
"""Ansible's variables, newer names first."""


class SourceError(Exception):
    """A file or an address that leads to no host: what, and what to do."""


def plain(names: Iterable[str]) -> list[Host]:
    """Hosts by address or name, as they are given."""
    return [_host(name, name) for name in names]


def from_file(file: Path) -> list[Host]:
    """Hosts of a servers.tsv, an Ansible inventory (.yml, .yaml, .ini, hosts), or an SSH configuration."""
    if not file.is_file():
        raise SourceError(f"{file} is not a file: give a servers.tsv, an Ansible inventory or an ssh_config")
    if file.suffix == ".tsv":
        return _from_servers(file)
    if file.suffix in (".yml", ".yaml"):
        return _from_yaml(file)
    if "config" in file.name:
        return _from_ssh_config(file)
    return list(_from_ini(file))


def _host(name: str, address: str, user: str = "", port: str = "", key: str = "", jump: str = "") -> Host:
    return Host(name, _resolved(name, address), "", name, BASE, "", "", 0, user, int(port or 0), key, jump)


def _resolved(name: str, address: str) -> str:
    try:
        return str(IPv4Address(address))
    except ValueError:
        pass
    try:
        return socket.gethostbyname(address)
    except OSError as error:
        raise SourceError(f"{name}: {address!r} is no address, and no name that leads to one: {error}") from error


def _from_servers(file: Path) -> list[Host]:
    problems: list[Problem] = []
    rows = read_servers(file, problems)
    if problems:
        raise SourceError("\n".join(map(str, problems)))
    return [
        Host(h.name, h.address, h.public, h.fqdn, BASE, "", "", 0, h.ssh_user, h.ssh_port, h.ssh_key, h.jump)
        for h in rows.hosts
        if RUNNER not in h.roles
    ]


def _from_ssh_config(file: Path) -> list[Host]:
    """Every alias without a pattern; the file is read again for each login."""
    try:
        config = ssh_config(file.parent, file)
    except SshConfigError as error:
        raise SourceError(str(error)) from error
    words = [
        line.split()[1:] for line in file.read_text("utf-8").splitlines() if line.strip().lower().startswith("host ")
    ]
    aliases = [name for names in words for name in names if not set(name) & set("*?!")]
    return [_host(name, config.of(name).get("hostname") or name) for name in dict.fromkeys(aliases)]


def _from_yaml(file: Path) -> list[Host]:
    try:
        document = yaml.safe_load(file.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise SourceError(f"{file}: {error}") from error
    named: dict[str, dict[str, Any]] = {}
    for group in document.values() if isinstance(document, Mapping) else ():
        _gather(group, {}, named)
    if not named:
        raise SourceError(f"{file} names no hosts: an Ansible inventory has groups with `hosts:`")
    return [_of_variables(name, variables) for name, variables in named.items()]


def _gather(group: object, inherited: Mapping[str, Any], named: dict[str, dict[str, Any]]) -> None:
    """A group's hosts with its variables and theirs, and those of its children."""
    if not isinstance(group, Mapping):
        return
    variables = {**inherited, **(group.get("vars") or {})}
    for pattern, own in (group.get("hosts") or {}).items():
        for name in _expanded(str(pattern)):
            named.setdefault(name, {}).update({**variables, **(own or {})})
    for child in (group.get("children") or {}).values():
        _gather(child, variables, named)


def _from_ini(file: Path) -> Iterator[Host]:
    named: dict[str, dict[str, str]] = {}
    section = ""
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            section = text.strip("[]")
        elif text and not text.startswith(";") and ":" not in section:
            try:
                pattern, *pairs = shlex.split(text)
            except ValueError as error:
                raise SourceError(f"{file}:{number}: {error}") from error
            variables = dict(pair.partition("=")[::2] for pair in pairs)
            for name in _expanded(pattern):
                named.setdefault(name, {}).update(variables)
    if not named:
        raise SourceError(f"{file} names no hosts: an Ansible inventory has one a line, below its [group]")
    return (_of_variables(name, variables) for name, variables in named.items())


def _of_variables(name: str, variables: Mapping[str, Any]) -> Host:
    def value(what: str) -> str:
        return next((str(variables[key]) for key in LOGIN[what] if variables.get(key)), "")

    return _host(name, value("address") or name, value("user"), value("port"), value("key"))


def _expanded(pattern: str) -> Iterator[str]:
    """A name with Ansible's ranges, `db-[01:03]`, written out."""
    match = RANGE.search(pattern)
    if match is None:
        yield pattern
        return
    low, high = match.groups()
    for number in range(int(low), int(high) + 1):
        yield from _expanded(f"{pattern[: match.start()]}{number:0{len(low)}}{pattern[match.end() :]}")
