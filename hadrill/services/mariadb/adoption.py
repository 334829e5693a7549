"""MariaDB with Galera as others set it up: the server itself says with which options it starts."""

import shlex
from collections.abc import Mapping
from typing import ClassVar

from hadrill.services.adopting import Ask, Program, Told
from hadrill.services.mariadb.record import SERVICE

MARIADB = SERVICE.components[0].name
ROLE = SERVICE.roles[0].name
PORT = SERVICE.roles[0].ports[0].number
OPTIONS = "options"
SERVERS = ("mariadbd", "mysqld")
ADDRESS = "gcomm://"
CREATE = "CREATE DATABASE hadrill; CREATE USER hadrill@'%' IDENTIFIED BY '...'; GRANT ALL ON hadrill.* TO hadrill@'%'"
PRINT = "for server in mariadbd mysqld; do command -v $server >/dev/null && exec $server --print-defaults; done"


class MariadbAdoption:
    """Asks the server's program, beside the server, which options its files hold."""

    variables = ("MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD")
    unproxied: ClassVar[Mapping[str, object]] = {}
    needs: ClassVar[Mapping[tuple[str, str], str]] = {
        (ROLE, "MARIADB_ROOT_PASSWORD"): "root's password; any value where root logs in by the socket alone",
        (ROLE, "SST_PASSWORD"): "the password in wsrep_sst_auth; any value where the method needs none",
        (ROLE, "HADRILL_PASSWORD"): CREATE,
    }

    def component(self, program: Program) -> str:
        """The server."""
        return MARIADB if program.name in SERVERS else ""

    def questions(self, program: Program, answers: Mapping[str, str]) -> Mapping[str, Ask]:
        """Its options."""
        return {OPTIONS: program.run(PRINT)}

    def told(self, program: Program, answers: Mapping[str, str]) -> Told:
        """A server without a Galera address is no member of a cluster."""
        options = _options(answers.get(OPTIONS, ""), program.words)
        address = options.get("wsrep_cluster_address", "")
        _, _, peers = address.partition(ADDRESS)
        names = [peer.strip().partition(":")[0] for peer in peers.partition("?")[0].split(",")]
        notes = [] if options else ["it did not say with which options it starts"]
        if options and not address:
            notes.append("it is no node of Galera: replication of its own is not known here")
        password = program.environment.get("MARIADB_ROOT_PASSWORD") or program.environment.get("MYSQL_ROOT_PASSWORD")
        _, _, transfer = options.get("wsrep_sst_auth", "").strip("\"'").partition(":")
        secrets = {(ROLE, "MARIADB_ROOT_PASSWORD"): password, (ROLE, "SST_PASSWORD"): transfer}
        return Told(
            cluster=options.get("wsrep_cluster_name", "").strip("\"'"),
            names=tuple(filter(None, (options.get("wsrep_node_name"), options.get("wsrep_node_address")))),
            peers=tuple(filter(None, names)),
            data=program.path(options.get("datadir", "/var/lib/mysql")),
            ports={PORT: int(options.get("port", PORT))},
            secrets={name: value for name, value in secrets.items() if value},
            notes=tuple(notes),
        )


def _options(printed: str, words: tuple[str, ...]) -> dict[str, str]:
    """Options by name, with underscores; those of the command line come last, and count."""
    try:
        shown = [word for line in printed.splitlines() if line.startswith("--") for word in shlex.split(line)]
    except ValueError:  # a quote without an end
        shown = printed.split()
    pairs = (word[2:].partition("=") for word in (*shown, *words) if word.startswith("--"))
    return {name.replace("-", "_"): value for name, _, value in pairs}


ADOPTION = MariadbAdoption()
