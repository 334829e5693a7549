"""A host and the roles that it plays."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Host:
    """One row of servers.tsv. Addresses are dotted IPv4; `public` is empty where there is none.

    `role` is the name of a service's role (hadrill.services.registry), or one of the inventory's own; `cluster` is
    the host's in that role. A host of several roles has the others in `also`, each with its cluster.
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
    also: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def duties(self) -> tuple[tuple[str, str], ...]:
        """Every role with its cluster, as they stand in the row."""
        return ((self.role, self.cluster), *self.also)

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role, as they stand in the row."""
        return tuple(role for role, _ in self.duties)

    def cluster_as(self, role: str) -> str:
        """The name of its cluster in a role; empty where it does not play it."""
        return dict(self.duties).get(role, "")
