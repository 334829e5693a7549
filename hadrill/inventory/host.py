"""A host and the role it plays."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Host:
    """One row of servers.tsv. Addresses are dotted IPv4; `public` is empty where there is none.

    `role` is the name of a service's role (hadrill.services.registry), or one of the inventory's own.
    """

    name: str
    address: str
    public: str
    fqdn: str
    role: str
    cluster: str
    notes: str
    line: int
    ssh_user: str = ""
    ssh_port: int = 0
    ssh_key: str = ""
    jump: str = ""
    """How it is logged in to, where that is not as settings.yaml or the SSH configuration say (login.py)."""

    def __str__(self) -> str:
        return self.name
