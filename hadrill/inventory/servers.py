"""servers.tsv: one host in each row, seven columns and those of its login; each mistake is reported with its place."""

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path

from hadrill.inventory.host import Host
from hadrill.inventory.jump import is_jump
from hadrill.inventory.problem import Problem
from hadrill.inventory.secrets import looks_like_a_secret
from hadrill.services import registry
from hadrill.services.service import BASE

COLUMNS = ("host", "private", "public", "fqdn", "role", "cluster", "notes")
OPTIONAL = ("ssh_user", "ssh_port", "ssh_key", "jump")
"""Columns that may follow, in any order: how a host is logged in to, where that is its own."""
HIGHEST_PORT = 65535
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def read_servers(file: Path, problems: list[Problem]) -> list[Host]:
    """Hosts of the file, in its order. Rows with mistakes are left out, and the mistakes added to `problems`."""
    text = read_text(file, problems)
    if text is None:
        return []
    rows = text.split("\n")
    header = rows[0].split("\t") if rows else []
    also = header[len(COLUMNS) :]
    if tuple(header[: len(COLUMNS)]) != COLUMNS or not set(also) <= set(OPTIONAL) or len(set(also)) < len(also):
        remedy = f"Start the file with {'<tab>'.join(COLUMNS)}; {', '.join(OPTIONAL)} may follow."
        problems.append(Problem(file, 1, 1, f"the header is {rows[0][:80]!r}", remedy))
        return []
    hosts = []
    for number, row in enumerate(rows[1:], start=2):
        if row.strip() and not row.startswith("#"):
            mistakes = list(_problems_of_row(file, number, row, header))
            problems.extend(mistakes)
            if not mistakes:
                hosts.append(_host(number, row, also))
    if not hosts and not problems:
        problems.append(Problem(file, 0, 0, "no host is named", "Add at least one row."))
    return hosts


def read_text(file: Path, problems: list[Problem]) -> str | None:
    """Plain ASCII text with Unix line ends, or None after adding the reason to `problems`."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        problems.append(Problem(file, 0, 0, f"cannot be read: {error.strerror}", "Create it or give --inventory DIR."))
        return None
    flaws = [
        (b"\xef\xbb\xbf", "a byte order mark (BOM)", "Save the file as plain ASCII, without BOM."),
        (b"\r", "a carriage return (CRLF line ends)", "Save the file with Unix line ends (LF)."),
    ]
    for needle, what, remedy in flaws:
        if needle in raw:
            at = raw.index(needle)
            problems.append(Problem(file, raw.count(b"\n", 0, at) + 1, at - raw.rfind(b"\n", 0, at), what, remedy))
            return None
    for number, row in enumerate(raw.split(b"\n"), start=1):
        for column, byte in enumerate(row, start=1):
            if byte > 126 or (byte < 32 and byte != 9):
                what = f"byte 0x{byte:02x} is not printable ASCII"
                problems.append(Problem(file, number, column, what, "Write names and notes in plain ASCII."))
                return None
    return raw.decode("ascii")


def _problems_of_row(file: Path, number: int, row: str, header: list[str]) -> Iterator[Problem]:
    cells = row.split("\t")
    if len(cells) != len(header):
        what = f"{len(cells)} columns instead of {len(header)}"
        yield Problem(file, number, 1, what, f"Separate with one tab each: {', '.join(header)}; empty cells stay.")
        return
    at = dict(zip(header, _starts(cells), strict=True))
    name, private, public, fqdn, role, cluster, notes = cells[: len(COLUMNS)]
    if not LABEL.fullmatch(name):
        yield Problem(file, number, at["host"], f"host name {name!r}", "Use small letters, digits and inner hyphens.")
    for column, address in (("private", private), ("public", public)):
        if (column == "private" or address) and not is_ipv4(address):
            yield Problem(file, number, at[column], f"{column} address {address!r}", "Write an IPv4 address: 10.0.0.1.")
    if len(fqdn) > 253 or not all(LABEL.fullmatch(label) for label in fqdn.split(".")):
        yield Problem(file, number, at["fqdn"], f"FQDN {fqdn!r}", "Write the full name, like cache-01.example.org.")
    if role not in registry.roles():
        yield Problem(file, number, at["role"], f"unknown role {role!r}", f"Use one of: {', '.join(registry.roles())}.")
    if role != BASE and not LABEL.fullmatch(cluster):
        yield Problem(
            file, number, at["cluster"], f"cluster name {cluster!r}", "Name the cluster that the host votes in."
        )
    if looks_like_a_secret(notes):
        yield Problem(file, number, at["notes"], "the notes hold a secret", "Move it to credentials/ and change it.")
    own = dict(zip(header, cells, strict=True))
    if (user := own.get("ssh_user")) and not USER.fullmatch(user):
        yield Problem(file, number, at["ssh_user"], f"SSH user {user!r}", "Write a user's name, like deploy.")
    if (port := own.get("ssh_port")) and not (port.isdecimal() and 0 < int(port) <= HIGHEST_PORT):
        yield Problem(file, number, at["ssh_port"], f"SSH port {port!r}", "Write a number, like 2222.")
    if (jump := own.get("jump")) and not is_jump(jump):
        remedy = "Write hosts as OpenSSH's ProxyJump: admin@bastion:2222,inner; `none` for none."
        yield Problem(file, number, at["jump"], f"jump hosts {jump!r}", remedy)


def is_ipv4(text: str) -> bool:
    """Whether the text is a dotted IPv4 address."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _host(number: int, row: str, also: list[str]) -> Host:
    name, private, public, fqdn, role, cluster, notes, *login = row.split("\t")
    own = dict(zip(also, login, strict=True))
    return Host(
        name,
        private,
        public,
        fqdn,
        role,
        cluster,
        notes,
        number,
        own.get("ssh_user", ""),
        int(own.get("ssh_port") or 0),
        own.get("ssh_key", ""),
        own.get("jump", ""),
    )


def _starts(cells: list[str]) -> Iterator[int]:
    column = 1
    for cell in cells:
        yield column
        column += len(cell) + 1
