"""What Patroni, PostgreSQL and the proxies say when they are asked why there is no failover."""

import json
from functools import cached_property
from typing import Any

from hadrill.diagnosis import Answer, Facts, Order, Question, View, journal
from hadrill.inventory import Host
from hadrill.services.haproxy import STATISTICS_PORT
from hadrill.services.postgresql.service import PORT, REST_PORT, Postgresql

RAFT_PORT = 5010
DATA = "/var/lib/hadrill/postgresql/data"
BACKEND = "be_postgresql"


def orders(service: Postgresql, since_seconds: int) -> dict[Host, Order]:
    """What to ask each member and each proxy. Patroni's reading interface needs no password."""
    found = {}
    for host in service.members:
        questions = {
            "cluster": _get(host.address, "/cluster"),
            "config": _get(host.address, "/config"),
            "patroni": _get(host.address, "/patroni"),
        }
        for peer in service.members:
            questions[f"patroni@{peer.name}"] = _get(peer.address, "/patroni")
            questions[f"raft@{peer.name}"] = Question(peer.address, RAFT_PORT, "")
            questions[f"postgres@{peer.name}"] = Question(peer.address, PORT, "")
        commands = {
            "log": journal("patroni", since_seconds),
            # A thread that died did so long before anybody asked.
            "raft": "journalctl --no-pager -o short-iso-precise -b -t patroni | grep -F '(_autoTickThread)'; :",
            "data": f"stat -c '%a %U' {DATA}; df --output=pcent {DATA} | tail -1",
        }
        found[host] = Order(questions, commands)
    statistics = f"GET /;csv;norefresh;scope={BACKEND} HTTP/1.0\r\n\r\n"
    for proxy in service.proxies:
        asked = {f"primary@{peer.name}": _get(peer.address, "/primary") for peer in service.members}
        asked["statistics"] = Question(proxy.address, STATISTICS_PORT, statistics)
        found[proxy] = Order(asked, {"pgbouncer log": journal("pgbouncer", since_seconds)})
    return found


class PostgresqlFacts(View):
    """The facts by what they mean."""

    def __init__(self, service: Postgresql, facts: Facts, victim: str = "", *, before: bool = False) -> None:
        super().__init__(service, facts, victim, before=before)
        self.service = service

    @cached_property
    def states(self) -> dict[str, dict[str, Any]]:
        """/patroni of each member that answers itself."""
        found = {host: _json(self.answer(host, "patroni")) for host in self.hosts}
        return {host: state for host, state in found.items() if state}

    @cached_property
    def members(self) -> dict[str, list[dict[str, Any]]]:
        """/cluster as each member sees it."""
        return {host: _json(self.answer(host, "cluster")).get("members", []) for host in self.states}

    @cached_property
    def config(self) -> dict[str, Any]:
        """The dynamic configuration, as the first member that answers has it."""
        return next((found for host in self.hosts if (found := _json(self.answer(host, "config")))), {})


def _get(address: str, path: str) -> Question:
    return Question(address, REST_PORT, f"GET {path} HTTP/1.0\r\n\r\n")


def _json(answer: Answer) -> dict[str, Any]:
    _, _, body = answer.said.partition("\r\n\r\n")
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
