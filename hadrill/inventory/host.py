"""A host and the role it plays."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a host is for; the values are what stands in servers.tsv."""

    POSTGRESQL = "postgresql"
    HAPROXY = "haproxy"
    REDIS = "redis"
    RABBITMQ = "rabbitmq"
    MINIO = "minio"
    MARIADB = "mariadb"
    PROXYSQL = "proxysql"
    K3S_SERVER = "k3s-server"
    K3S_AGENT = "k3s-agent"
    RUNNER = "runner"
    BASE = "base"


# How many hosts a cluster of a role has; roles that are not named here may have any number.
CLUSTER_SIZES: dict[Role, int] = {
    Role.POSTGRESQL: 3,
    Role.HAPROXY: 2,
    Role.REDIS: 3,
    Role.RABBITMQ: 3,
    Role.MINIO: 3,
    Role.MARIADB: 3,
    Role.PROXYSQL: 2,
    Role.K3S_SERVER: 3,
    Role.RUNNER: 1,
}

# Roles that are of no use without another one.
PARTNERS: dict[Role, Role] = {
    Role.POSTGRESQL: Role.HAPROXY,
    Role.REDIS: Role.HAPROXY,
    Role.RABBITMQ: Role.HAPROXY,
    Role.MARIADB: Role.PROXYSQL,
    Role.PROXYSQL: Role.MARIADB,
    Role.K3S_AGENT: Role.K3S_SERVER,
}


@dataclass(frozen=True)
class Host:
    """One row of servers.tsv. Addresses are dotted IPv4; `public` is empty where there is none."""

    name: str
    address: str
    public: str
    fqdn: str
    role: Role
    cluster: str
    notes: str
    line: int

    def __str__(self) -> str:
        return self.name
