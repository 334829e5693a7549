"""HAProxy and PgBouncer as others set them up: their files say which ports lead where."""

import configparser
from collections.abc import Mapping
from typing import ClassVar

from hadrill.services.adopting import Ask, Lead, Program, Told, read
from hadrill.services.haproxy.configuration import questions, told
from hadrill.services.haproxy.record import SERVICE

HAPROXY, PGBOUNCER = (part.name for part in SERVICE.components)
LISTEN, TARGET = 6432, 5432
"""PgBouncer's own port, and PostgreSQL's, where its file says nothing."""


class ProxyAdoption:
    """Reads both programs' files, and asks HAProxy for what runs."""

    variables = ()
    unproxied: ClassVar[Mapping[str, object]] = {}
    needs: ClassVar[Mapping[tuple[str, str], str]] = {}

    def component(self, program: Program) -> str:
        """By the program's name."""
        return program.name if program.name in (HAPROXY, PGBOUNCER) else ""

    def questions(self, program: Program, answers: Mapping[str, str]) -> Mapping[str, Ask]:
        """Their files, and HAProxy's state."""
        if program.name == HAPROXY:
            return questions(program, answers)
        return read(*map(program.path, program.files(".ini")))

    def told(self, program: Program, answers: Mapping[str, str]) -> Told:
        """Where each port leads."""
        if program.name == HAPROXY:
            return told(program, answers)
        files = [path for path in map(program.path, program.files(".ini")) if path]
        own = pooled("\n".join(answers.get(file, "") for file in files))
        notes = () if own else ("its databases could not be read",)
        return Told(leads=own, configuration=next(iter(files), ""), notes=notes)


def pooled(text: str) -> tuple[Lead, ...]:
    """Where PgBouncer's port leads: the servers of all its databases."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=(";", "#"))
    try:
        parser.read_string(text)
    except configparser.Error:
        return ()
    servers = []
    for database in parser["databases"].values() if parser.has_section("databases") else ():
        options = dict(pair.split("=", 1) for pair in database.split() if "=" in pair)
        port = options.get("port", str(TARGET))
        hosts = options.get("host", "127.0.0.1").split(",")
        servers += [(host, int(port)) for host in hosts if port.isdecimal() and not host.startswith("/")]
    listen = parser.get("pgbouncer", "listen_port", fallback=str(LISTEN))
    return (Lead(int(listen), tuple(dict.fromkeys(servers))),) if servers and listen.isdecimal() else ()


ADOPTION = ProxyAdoption()
