"""Who leads etcd, asked of it on its own hosts: its port is none of the runner's. Source: etcd's gRPC gateway, v3."""

from typing import Any

from hadrill.inventory import Host
from hadrill.on_host import program
from hadrill.remote import Remote, run_program
from hadrill.services.errors import reading
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.timing import Deadline, eventually

ASK_SECONDS = 5.0
MOVE_SECONDS = 10.0


def leads(service: Kubernetes, remote: Remote, host: Host) -> bool:
    """Whether a server's member leads. Raises RemoteError."""
    state = _ask(service, remote, host, "status")
    with reading(f"etcd on {host}"):
        return bool(state["leader"] == state["header"]["member_id"])


def lead(service: Kubernetes, remote: Remote, host: Host) -> None:
    """Make a server's member the leader, by a planned change. Raises RemoteError, OverdueError."""
    with reading(f"etcd on {host}"):
        mine = _ask(service, remote, host, "status")["header"]["member_id"]
    leader = next(server for server in service.servers if leads(service, remote, server))
    if leader == host:
        return
    _ask(service, remote, leader, "transfer-leadership", {"targetID": mine})

    def missing() -> str | None:
        return None if leads(service, remote, host) else "another one leads"

    eventually(f"{host} to lead etcd", missing, Deadline(MOVE_SECONDS))


def _ask(service: Kubernetes, remote: Remote, host: Host, question: str, body: object = None) -> dict[str, Any]:
    authority, certificate, key = service.distribution.etcd
    order = {"authority": authority, "certificate": certificate, "key": key, "question": question, "body": body or {}}
    answer: dict[str, Any] = run_program(remote, host, program("etcd"), order, ASK_SECONDS)
    return answer
