"""SQL proxies as others set them up: HAProxy in front of Galera, or ProxySQL, whose own tables are not read yet."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from hadrill.services.adopting import UNUSED, Ask, Program, Told
from hadrill.services.haproxy.configuration import questions, told
from hadrill.services.proxysql.record import SERVICE

PROXYSQL, SQL_PROXY = (part.name for part in SERVICE.components)
ROLE = SERVICE.roles[0].name
HAPROXY = SERVICE.components[1].image


class SqlProxyAdoption:
    """An HAProxy counts as one where it leads to a service that such proxies stand before."""

    variables = ()
    unproxied: ClassVar[Mapping[str, object]] = {}
    needs: ClassVar[Mapping[tuple[str, str], str]] = {
        (ROLE, "ADMIN_PASSWORD"): "ProxySQL's administrator; any value where the proxy is HAProxy",
        (ROLE, "MONITOR_PASSWORD"): "the user by which ProxySQL watches; any value where the proxy is HAProxy",
    }

    def component(self, program: Program) -> str:
        """By the program's name."""
        return {HAPROXY: SQL_PROXY, PROXYSQL: PROXYSQL}.get(program.name, "")

    def questions(self, program: Program, answers: Mapping[str, str]) -> Mapping[str, Ask]:
        """HAProxy's files and state."""
        return questions(program, answers) if program.name == HAPROXY else {}

    def told(self, program: Program, answers: Mapping[str, str]) -> Told:
        """Where each port leads."""
        if program.name != HAPROXY:
            notes = ("where it leads is not read: say `ways_in` of the cluster behind it in topology.yaml",)
            return Told(settings={"sql_proxy": PROXYSQL}, notes=notes)
        unused = {(ROLE, name): UNUSED for _, name in self.needs}
        return replace(told(program, answers), settings={"sql_proxy": HAPROXY}, secrets=unused)


ADOPTION = SqlProxyAdoption()
