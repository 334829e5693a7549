"""HAProxy's configuration as somebody wrote it: which port leads to which servers, and where it can be asked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hadrill.diagnosis.facts import Question
from hadrill.services.adopting import Ask, Lead, Program, Told, read
from hadrill.services.service import UNTOLD

SECTIONS = ("global", "defaults", "listen", "frontend", "backend", "userlist", "peers", "resolvers", "cache", "program")
STATE = "show servers state\n"
SERVER = re.compile(r"(?P<address>.+?):(?P<port>\d+)")


@dataclass(frozen=True)
class Section:
    """One section: its kind and name, and its lines as words."""

    kind: str
    name: str
    lines: tuple[tuple[str, ...], ...]

    def of(self, *first: str) -> Iterator[tuple[str, ...]]:
        """What follows these words at a line's beginning."""
        return (line[len(first) :] for line in self.lines if line[: len(first)] == first)

    @property
    def ports(self) -> tuple[int, ...]:
        """Where it listens."""
        texts = (part for words in self.of("bind") for part in words[0].split(",") if words)
        return tuple(int(text.rpartition(":")[2]) for text in texts if text.rpartition(":")[2].isdecimal())

    @property
    def servers(self) -> tuple[tuple[str, int], ...]:
        """Addresses and ports of its servers."""
        places = (SERVER.fullmatch(words[1]) for words in self.of("server") if len(words) > 1)
        return tuple((place["address"], int(place["port"])) for place in places if place)


def sections(text: str) -> tuple[Section, ...]:
    """The sections of a configuration."""
    made: list[tuple[str, str, list[tuple[str, ...]]]] = []
    for line in text.splitlines():
        words = tuple(line.partition("#")[0].split())
        if words and words[0] in SECTIONS:
            made.append((words[0], words[1] if len(words) > 1 else "", []))
        elif words and made:
            made[-1][2].append(words)
    return tuple(Section(kind, name, tuple(lines)) for kind, name, lines in made)


def leads(text: str, state: str = "") -> tuple[Lead, ...]:
    """Ports and the servers behind them. What runs, in `state`, counts more than what the file says."""
    every = sections(text)
    running = servers_running(state)
    of_backend = {one.name: one.servers for one in every if one.kind in ("listen", "backend")}
    of_backend |= {name: servers for name, servers in running.items() if name in of_backend}
    made = []
    for one in every:
        if one.kind not in ("listen", "frontend"):
            continue
        names = [words[0] for key in ("default_backend", "use_backend") for words in one.of(key) if words]
        names = [one.name] if one.kind == "listen" and not names else names
        servers = tuple(dict.fromkeys(server for name in names for server in of_backend.get(name, ())))
        made += [Lead(port, servers, names[0]) for port in one.ports if servers]
    return tuple(made)


def servers_running(state: str) -> dict[str, tuple[tuple[str, int], ...]]:
    """Servers by backend, as HAProxy answers STATE; empty where it did not."""
    rows = [line.split() for line in state.splitlines() if line and not line.startswith(("#", "1"))]
    rows += [line.split() for line in state.splitlines() if line.startswith("1") and len(line.split()) > 1]
    servers: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        if len(row) > 18 and row[18].isdecimal() and row[18] != "0":
            servers.setdefault(row[1], []).append((row[4], int(row[18])))
    return {name: tuple(those) for name, those in servers.items()}


def told_at(program: Program, text: str) -> str:
    """Where it tells of its servers, as topology.yaml has it: a page with their addresses, a socket, any page, UNTOLD.

    A page behind a password is not asked.
    """
    every = sections(text)
    usual = [one for one in every if one.kind == "defaults"]
    pages = []
    for one in every:
        own = [words for part in (*usual, one) for words in part.of("stats")]
        names = {words[0] for words in own if words}
        if one.ports and one.kind in ("listen", "frontend") and names & {"enable", "uri"} and "auth" not in names:
            path = next((words[1] for words in own if words[0] == "uri" and len(words) > 1), "/haproxy?stats")
            pages.append(("show-legends" not in names, f"{one.ports[0]}{path}"))
    sockets = [
        (False, place)
        for one in every
        for words in one.of("stats", "socket")
        if words and words[0].startswith("/") and (place := program.path(words[0]))
    ]
    # Stable: of two that say as much a page comes first, which needs no login to the host.
    return next((place for _, place in sorted([*pages, *sockets], key=lambda one: one[0])), UNTOLD)


def questions(program: Program, answers: Mapping[str, str]) -> dict[str, Ask]:
    """Its files; then, where these name a socket that lies on the host, the state of its servers."""
    files = files_of(program)
    asked = read(*files)
    for one in sections("\n".join(answers.get(file, "") for file in files)):
        for words in one.of("stats", "socket"):
            if words and words[0].startswith("/") and (place := program.path(words[0])):
                asked[STATE] = Question(place, 0, STATE, "\n\n")
    return asked


def files_of(program: Program) -> tuple[str, ...]:
    """Its configuration's files on the host."""
    named = program.files(".cfg", ".conf") or ("/etc/haproxy/haproxy.cfg",)
    return tuple(path for path in map(program.path, named) if path)


def told(program: Program, answers: Mapping[str, str]) -> Told:
    """Where it leads, and where it says so."""
    files = files_of(program)
    text = "\n".join(answers.get(file, "") for file in files)
    own = leads(text, answers.get(STATE, ""))
    notes = () if own else ("its configuration names no servers that could be read",)
    return Told(leads=own, configuration=next(iter(files), ""), statistics=told_at(program, text), notes=notes)
