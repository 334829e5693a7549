"""servers.tsv: one host in each row, its columns in the header's order; each mistake is reported with its place."""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hadrill.inventory.host import Host
from hadrill.inventory.jump import is_jump
from hadrill.inventory.problem import Problem
from hadrill.inventory.secrets import looks_like_a_secret
from hadrill.services import registry
from hadrill.services.service import BASE, RUNNER

COLUMNS = ("host", "private", "public", "fqdn", "role", "cluster", "notes")
OPTIONAL = ("ssh_user", "ssh_port", "ssh_key", "jump")
"""Columns that may be there too: how a host is logged in to, where that is its own."""
HIGHEST_PORT = 65535
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
"""Hosts and clusters as people call them."""
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_A_NAME = "letters, digits and inner '.', '_' and '-'"
ALONE = (RUNNER, BASE)
"""Roles beside which a host has no other."""


@dataclass(frozen=True)
class Servers:
    """Hosts of the file, in its order. It is complete where no row is left out for a mistake."""

    hosts: tuple[Host, ...]
    complete: bool


def read_servers(file: Path, problems: list[Problem]) -> Servers:
    """What the file says. Rows with a mistake are left out and told in `problems`."""
    text = read_text(file, problems)
    if text is None:
        return Servers((), complete=False)
    rows = text.split("\n")
    header = rows[0].split("\t")
    if not set(COLUMNS) <= set(header) <= {*COLUMNS, *OPTIONAL} or len(set(header)) < len(header):
        remedy = f"Start the file with {'<tab>'.join(COLUMNS)}, in whichever order; {', '.join(OPTIONAL)} may follow."
        problems.append(Problem(file, 1, 1, f"the header is {rows[0][:80]!r}", remedy))
        return Servers((), complete=False)
    before, hosts = len(problems), []
    for number, row in enumerate(rows[1:], start=2):
        if row.strip() and not row.startswith("#"):
            mistakes = list(_problems_of_row(file, number, row, header))
            problems.extend(mistakes)
            if not mistakes:
                hosts.append(_host(number, dict(zip(header, row.split("\t"), strict=True))))
    if not hosts and len(problems) == before:
        problems.append(Problem(file, 0, 0, "no host is named", "Add at least one row."))
    return Servers(tuple(hosts), complete=len(problems) == before)


def read_text(file: Path, problems: list[Problem]) -> str | None:
    """Plain ASCII text, its line ends as Unix has them, or None after telling why not."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        problems.append(Problem(file, 0, 0, f"cannot be read: {error.strerror}", "Create it or give --inventory DIR."))
        return None
    raw = raw.replace(b"\r\n", b"\n")
    flaws = [
        (b"\xef\xbb\xbf", "a byte order mark (BOM)", "Save the file as plain ASCII, without BOM."),
        (b"\r", "a carriage return within a line", "End lines as Unix or Windows do (LF or CRLF)."),
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


def is_ipv4(text: str) -> bool:
    """Whether the text is a dotted IPv4 address."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _problems_of_row(file: Path, number: int, row: str, header: Sequence[str]) -> Iterator[Problem]:
    cells = row.split("\t")
    if len(cells) != len(header):
        what = f"{len(cells)} columns instead of {len(header)}"
        yield Problem(file, number, 1, what, f"Separate with one tab each: {', '.join(header)}; empty cells stay.")
        return
    at, of = dict(zip(header, _starts(cells), strict=True)), dict(zip(header, cells, strict=True))
    if not NAME.fullmatch(of["host"]):
        yield Problem(file, number, at["host"], f"host name {of['host']!r}", f"Use {_A_NAME}, 63 at most.")
    for column in ("private", "public"):
        address = of[column]
        if (column == "private" or address) and not is_ipv4(address):
            yield Problem(file, number, at[column], f"{column} address {address!r}", "Write an IPv4 address: 10.0.0.1.")
    if len(of["fqdn"]) > 253 or not all(_LABEL.fullmatch(label) for label in of["fqdn"].split(".")):
        what = f"FQDN {of['fqdn']!r}"
        yield Problem(file, number, at["fqdn"], what, "Write the full name, like cache-01.example.org.")
    if flaw := _problem_of_duties(of):
        column, what, remedy = flaw
        yield Problem(file, number, at[column], what, remedy)
    if looks_like_a_secret(of["notes"]):
        yield Problem(file, number, at["notes"], "the notes hold a secret", "Move it to credentials/ and change it.")
    if (user := of.get("ssh_user")) and not USER.fullmatch(user):
        yield Problem(file, number, at["ssh_user"], f"SSH user {user!r}", "Write a user's name, like deploy.")
    if (port := of.get("ssh_port")) and not (port.isdecimal() and 0 < int(port) <= HIGHEST_PORT):
        yield Problem(file, number, at["ssh_port"], f"SSH port {port!r}", "Write a number, like 2222.")
    if (jump := of.get("jump")) and not is_jump(jump):
        remedy = "Write hosts as OpenSSH's ProxyJump: admin@bastion:2222,inner; `none` for none."
        yield Problem(file, number, at["jump"], f"jump hosts {jump!r}", remedy)


def _problem_of_duties(cells: Mapping[str, str]) -> tuple[str, str, str] | None:
    """What is wrong with the roles of a row or their clusters: the column, what it is, and what to do."""
    roles, clusters = _listed(cells["role"]), _listed(cells["cluster"])
    for role in roles:
        if role not in registry.roles():
            return "role", f"unknown role {role!r}", f"Use one of: {', '.join(registry.roles())}."
    if len(set(roles)) < len(roles):
        return "role", f"a role stands twice: {cells['role']}", "Name each once."
    if len(roles) > 1 and (alone := next((role for role in roles if role in ALONE), "")):
        return "role", f"{alone} beside another role: {cells['role']}", f"A host that is {alone} has no other role."
    if roles == [BASE]:
        return None
    if len(clusters) not in (1, len(roles)):
        what = f"{len(clusters)} clusters for {len(roles)} roles"
        return "cluster", what, "Name one cluster for each role, in their order, or one for all."
    for cluster in clusters:
        if not NAME.fullmatch(cluster):
            remedy = f"Name the cluster that the host votes in: {_A_NAME}, 63 at most."
            return "cluster", f"cluster name {cluster!r}", remedy
    return None


def _host(number: int, cells: Mapping[str, str]) -> Host:
    roles, clusters = _listed(cells["role"]), _listed(cells["cluster"])
    # A base host's cluster means nothing, and is kept as it stands.
    every = clusters * len(roles) if len(clusters) == 1 else clusters
    first, *also = zip(roles, every, strict=True) if roles != [BASE] else [(BASE, cells["cluster"])]
    place = (cells["host"], cells["private"], cells["public"], cells["fqdn"])
    return Host(
        *place,
        *first,
        cells["notes"],
        number,
        cells.get("ssh_user", ""),
        int(cells.get("ssh_port") or 0),
        cells.get("ssh_key", ""),
        cells.get("jump", ""),
        tuple(also),
    )


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",")]


def _starts(cells: list[str]) -> Iterator[int]:
    column = 1
    for cell in cells:
        yield column
        column += len(cell) + 1
