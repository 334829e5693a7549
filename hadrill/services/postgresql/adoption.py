"""PostgreSQL with Patroni as others set it up: its file says scope and store, its REST API the members."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import yaml

from hadrill.diagnosis.facts import page
from hadrill.services.adopting import UNUSED, Ask, Program, Told, read
from hadrill.services.postgresql.record import SERVICE

PATRONI, POSTGRES = (part.name for part in SERVICE.components)
ROLE = SERVICE.roles[0].name
PORT, REST_PORT, RAFT_PORT = (port.number for port in SERVICE.roles[0].ports)
CLUSTER = "cluster"
STORES = ("raft", "etcd3", "etcd", "consul", "zookeeper", "kubernetes", "exhibitor")
DRILLED = ("raft", "etcd3", "etcd")
CREATE = "CREATE ROLE hadrill LOGIN PASSWORD '...' IN ROLE pg_monitor; CREATE DATABASE hadrill OWNER hadrill"


class PostgresqlAdoption:
    """Reads patroni.yml, and asks Patroni on its own host who its members are."""

    variables = ()
    unproxied: ClassVar[Mapping[str, object]] = {}
    needs: ClassVar[Mapping[tuple[str, str], str]] = {
        (ROLE, "POSTGRES_PASSWORD"): "the superuser's password, in postgresql.authentication of patroni.yml",
        (ROLE, "REPLICATION_PASSWORD"): "the replication user's password, from the same place",
        (ROLE, "PATRONI_PASSWORD"): "the password of Patroni's REST API; any value where it has none",
        (ROLE, "PGBOUNCER_PASSWORD"): "the password with which PgBouncer looks up users; any value where it does not",
        (ROLE, "HADRILL_PASSWORD"): CREATE,
    }

    def component(self, program: Program) -> str:
        """Patroni by its script; a PostgreSQL that nobody supervises is told from it by what listens beside it."""
        scripts = {word.rpartition("/")[2] for word in program.words[:4]}
        return PATRONI if "patroni" in scripts and program.ports else ""

    def questions(self, program: Program, answers: Mapping[str, str]) -> Mapping[str, Ask]:
        """Its file, then its own view of the cluster."""
        asked: dict[str, Ask] = dict(read(*map(program.path, program.files(".yml", ".yaml"))))
        if rest := _document(answers).get("restapi"):
            address, _, port = str(rest.get("connect_address") or rest.get("listen") or "").rpartition(":")
            if port.isdecimal():
                asked[CLUSTER] = page(address, int(port), "/cluster")
        return asked

    def told(self, program: Program, answers: Mapping[str, str]) -> Told:
        """The scope is the cluster's name; members are what Patroni says, else the partners of its own store."""
        document = _document(answers)
        own = document.get("postgresql") or {}
        authentication = own.get("authentication") or {}
        passwords = {
            "POSTGRES_PASSWORD": (authentication.get("superuser") or {}).get("password"),
            "REPLICATION_PASSWORD": (authentication.get("replication") or {}).get("password"),
            "PATRONI_PASSWORD": ((document.get("restapi") or {}).get("authentication") or {}).get("password"),
        }
        if document:
            # Its REST API has no login, and nobody looks users up by PgBouncer's: only an installer would.
            passwords["PATRONI_PASSWORD"] = passwords["PATRONI_PASSWORD"] or UNUSED
            passwords["PGBOUNCER_PASSWORD"] = UNUSED
        store = next((name for name in STORES if name in document), "")
        notes = [] if document else ["its file could not be read"]
        if store and store not in DRILLED:
            notes.append(f"its store is {store}, which is not drilled")
        members = _members(answers.get(CLUSTER, ""))
        partners = [_host(address) for address in (document.get("raft") or {}).get("partner_addrs") or ()]
        if not members:
            notes.append("Patroni's REST API did not say who its members are: they are its store's partners")
        files = [path for path in map(program.path, program.files(".yml", ".yaml")) if path]
        data = str(own.get("data_dir") or "")
        return Told(
            cluster=str(document.get("scope") or ""),
            names=(str(document["name"]),) if document.get("name") else (),
            peers=tuple(members or partners),
            configuration=files[0] if files else "",
            inside={POSTGRES: program.path(data) if data else ""},
            ports={
                PORT: _port(own, PORT),
                REST_PORT: _port(document.get("restapi") or {}, REST_PORT),
                RAFT_PORT: _port({"listen": (document.get("raft") or {}).get("self_addr")}, RAFT_PORT),
            },
            secrets={(ROLE, name): str(value) for name, value in passwords.items() if value},
            settings=_dynamic(document),
            notes=tuple(notes),
        )


def _document(answers: Mapping[str, str]) -> dict[str, Any]:
    """What Patroni's file says; empty where it was not read, or is no YAML."""
    for name, text in answers.items():
        if name != CLUSTER:
            try:
                document = yaml.safe_load(text)
            except yaml.YAMLError:
                continue
            if isinstance(document, dict) and "scope" in document:
                return document
    return {}


def _members(answer: str) -> list[str]:
    """Addresses of the members on Patroni's page."""
    _, _, body = answer.partition("\r\n\r\n")
    try:
        page_of = json.loads(body)
        return [str(member["host"]) for member in page_of["members"] if member.get("host")]
    except (ValueError, TypeError, KeyError):
        return []


def _dynamic(document: Mapping[str, Any]) -> dict[str, object]:
    """What the file began with; Patroni's live configuration is read whenever a budget is made."""
    begun = ((document.get("bootstrap") or {}).get("dcs")) or {}
    names = ("ttl", "loop_wait", "retry_timeout", "maximum_lag_on_failover")
    return {f"postgresql.{name}": begun[name] for name in names if isinstance(begun.get(name), int)}


def _host(address: object) -> str:
    return str(address).rpartition(":")[0]


def _port(section: Mapping[str, Any], usual: int) -> int:
    text = str(section.get("connect_address") or section.get("listen") or "").rpartition(":")[2]
    return int(text) if text.isdecimal() else usual


ADOPTION = PostgresqlAdoption()
