"""settings.yaml: how this inventory is reached and what may differ between inventories."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from hadrill.inventory.host import Role
from hadrill.inventory.profile import Profile

Port = Annotated[int, Field(ge=1, le=65535)]


class Frozen(BaseModel):
    """Read once, never changed; an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ssh(Frozen):
    """How hosts are reached. Relative paths start at the inventory's folder."""

    user: str = "root"
    port: Port = 22
    key: Path = Path("~/.ssh/id_ed25519")
    known_hosts: Path = Path("~/.ssh/known_hosts")
    connect_seconds: float = Field(default=5.0, gt=0, le=60)


class Dns(Frozen):
    """Resolvers that module 2 writes to every host; none keeps what the host has."""

    resolvers: tuple[IPv4Address, ...] = (IPv4Address("1.1.1.1"), IPv4Address("8.8.8.8"))


class BalancerCheck(Frozen):
    """Health checks of a load balancer's targets, in seconds: the hosting company's defaults."""

    interval: float = Field(default=15.0, gt=0)
    timeout: float = Field(default=10.0, gt=0)
    retries: int = Field(default=3, ge=1)
    path: str = Field(default="", pattern=r"^(/[!-~]*)?$")
    """A page that must say 200, over TLS. Without one a connection is enough."""


class LoadBalancer(Frozen):
    """An entry point that is not a server: its address, and the role and ports that it passes on to."""

    name: str
    address: IPv4Address
    scope: Literal["private", "public"]
    targets: tuple[Role, ...]
    ports: tuple[Port, ...]
    check: BalancerCheck = BalancerCheck()


EVERYWHERE = IPv4Address(0)
"""Load balancers hold the addresses that clients use, so a proxy listens on all of its own."""


class Bind(Frozen):
    """Where the proxies listen."""

    haproxy: IPv4Address = EVERYWHERE
    proxysql: IPv4Address = EVERYWHERE


class Postgresql(Frozen):
    """Patroni's dynamic configuration: seconds, and bytes for the lag."""

    ttl: int = Field(default=30, ge=20)
    loop_wait: int = Field(default=10, ge=1)
    retry_timeout: int = Field(default=10, ge=3)
    maximum_lag_on_failover: int = Field(default=1048576, ge=0)


class Redis(Frozen):
    """Sentinel's settings: the time values are milliseconds, as in Sentinel itself."""

    master_name: str = "kb-redis-master"
    quorum: int = Field(default=2, ge=1)
    down_after_ms: int = Field(default=5000, ge=100)
    failover_timeout_ms: int = Field(default=60000, ge=1000)
    update_interval_seconds: int = Field(default=15, ge=1)


class Minio(Frozen):
    """Where applications find S3: `haproxy` in front of all nodes, or the first `node` alone.

    Reads wait `drive_seconds` for a node that is frozen, which must be less than clients wait; MinIO takes 1 s for 30.
    """

    entry: Literal["haproxy", "node"] = "haproxy"
    drive_seconds: int = Field(default=10, ge=2)


class Kubernetes(Frozen):
    """How Kubernetes is installed, its networks, and its timers in seconds; one that is not set is the product's own.

    `k3s` is Rancher's own program; `upstream` are the components themselves, each in a unit of its own.
    """

    distribution: Literal["k3s", "upstream"] = "k3s"
    pod_network: IPv4Network = IPv4Network("10.42.0.0/16")
    service_network: IPv4Network = IPv4Network("10.43.0.0/16")
    k3s_source: str = ""
    """Where K3s' program comes from: a URL, or a file that lies on every host."""
    k3s_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    node_grace_seconds: int | None = Field(default=None, ge=10)
    toleration_seconds: int = Field(default=300, ge=0)

    @property
    def api_service(self) -> IPv4Address:
        """The address under which pods find the API server."""
        return self.service_network[1]

    @property
    def dns_service(self) -> IPv4Address:
        """The address under which pods find their names."""
        return self.service_network[10]


class Faults(Frozen):
    """What drills may do. `consent` names hosts; a lab needs none. `power` names a driver."""

    consent: tuple[str, ...] = ()
    power: Literal["", "lab", "hcloud", "ssh"] = ""
    multiplier: float = Field(default=1.0, ge=1.0, le=10.0)


class Objective(Frozen):
    """What a service's owner promises, where it is stricter than what its configuration allows."""

    rto: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?s$")] | None = None
    lost_writes: int | None = Field(default=None, ge=0)

    @property
    def rto_seconds(self) -> float | None:
        """The longest outage, in seconds."""
        return float(self.rto[:-1]) if self.rto else None


class Chaos(Frozen):
    """How often what is drawn beside the others: weights by name, that replace the usual ones; 0 leaves it out."""

    faults: dict[str, Annotated[float, Field(ge=0)]] = {}
    shapes: dict[str, Annotated[float, Field(ge=0)]] = {}
    evidence_mib: int = Field(default=1024, ge=1)
    """What a run may keep of rounds that passed; of those that did not everything is kept."""


class Notify(Frozen):
    """Who is told how a chaos run ended."""

    webhook: Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")] | None = None


Promised = Literal["postgresql", "redis", "rabbitmq", "minio", "mariadb", "haproxy", "proxysql", "kubernetes"]


class Settings(Frozen):
    """Everything that settings.yaml may say."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    lab: bool = False
    domain: str = Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
    private_network: IPv4Network
    sql_proxy: Literal["proxysql", "haproxy"] = "proxysql"
    ssh: Ssh = Ssh()
    dns: Dns = Dns()
    bind: Bind = Bind()
    postgresql: Postgresql = Postgresql()
    redis: Redis = Redis()
    minio: Minio = Minio()
    kubernetes: Kubernetes = Kubernetes()
    profile: Profile = "all"
    load_balancers: tuple[LoadBalancer, ...] = ()
    faults: Faults = Faults()
    chaos: Chaos = Chaos()
    notify: Notify = Notify()
    slo: dict[Promised, Objective] = {}
