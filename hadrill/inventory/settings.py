"""settings.yaml: how this inventory is reached and what may differ between inventories."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from hadrill.inventory.document import read_document
from hadrill.inventory.jump import is_jump
from hadrill.inventory.problem import Problem
from hadrill.inventory.profile import ALL, profiles
from hadrill.services import registry

Port = Annotated[int, Field(ge=1, le=65535)]


def one_of(names: Callable[[], Iterable[str]]) -> AfterValidator:
    """A check that a value is one of these names, which are asked for when the value is read."""

    def check(value: str) -> str:
        known = tuple(names())
        if value not in known:
            raise ValueError(f"{value!r} should be one of: {', '.join(known)}")
        return value

    return AfterValidator(check)


RoleName = Annotated[str, one_of(registry.roles)]
BindName = Annotated[str, one_of(lambda: (role.name for role in registry.roles().values() if role.binds))]
Promised = Annotated[str, one_of(lambda: (known.name for known in registry.services() if known.cluster))]
Profile = Annotated[str, one_of(profiles)]


def _jump(value: str) -> str:
    if not is_jump(value):
        raise ValueError(f"{value!r} is no list of jump hosts, like admin@bastion:2222,inner")
    return value


class Frozen(BaseModel):
    """Read once, never changed; an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ssh(Frozen):
    """How hosts are reached. Relative paths start at the inventory's folder."""

    user: str = "root"
    port: Port = 22
    key: Path = Path("~/.ssh/id_ed25519")
    jump: Annotated[str, AfterValidator(_jump)] = ""
    """Hosts that lie between, as OpenSSH's ProxyJump names them."""
    config: Path | None = None
    """An OpenSSH client configuration; `none` for none. Usually `ssh.config` beside this file, else the user's own."""
    outside: bool | None = None
    """Whether services' ports, too, are reached through the jump host; usually as this computer's addresses say."""
    known_hosts: Path = Path("~/.ssh/known_hosts")
    connect_seconds: float = Field(default=5.0, gt=0, le=60)


class Dns(Frozen):
    """Resolvers that module 2 writes to every host; none keeps what the host has."""

    resolvers: tuple[IPv4Address, ...] = (IPv4Address("1.1.1.1"), IPv4Address("8.8.8.8"))


class BalancerCheck(Frozen):
    """Health checks of a load balancer's targets, in seconds. The defaults are those of Hetzner's load balancers."""

    interval: float = Field(default=15.0, gt=0)
    timeout: float = Field(default=10.0, gt=0)
    retries: int = Field(default=3, ge=1)
    path: str = Field(default="", pattern=r"^(/[!-~]*)?$")
    """A page that must answer with status 200, over TLS. Without a path a connection is enough."""


class LoadBalancer(Frozen):
    """An entry point that is not a server: its address, and the role and ports that it passes on to."""

    name: str
    address: IPv4Address
    scope: Literal["private", "public"]
    targets: tuple[RoleName, ...]
    ports: tuple[Port, ...]
    check: BalancerCheck = BalancerCheck()


POWER = "hadrill.power"
"""The group of entry points that name drivers of machines' power."""
EVERYWHERE = IPv4Address(0)
"""What proxies listen on, all of their addresses: load balancers hold the addresses that clients use."""


def power_drivers() -> tuple[str, ...]:
    """Names of the drivers that cut machines' power, those of other packages too."""
    return tuple(sorted(entry.name for entry in entry_points(group=POWER)))


class Faults(Frozen):
    """What experiments may do. `consent` names hosts that may be broken; a lab needs none. `power` names a driver."""

    consent: tuple[str, ...] = ()
    power: Annotated[str, one_of(power_drivers)] = ""
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
    """How often each fault and shape is drawn: weights by name, which replace the usual ones; 0 leaves one out."""

    faults: dict[str, Annotated[float, Field(ge=0)]] = {}
    shapes: dict[str, Annotated[float, Field(ge=0)]] = {}
    evidence_mib: int = Field(default=1024, ge=1)
    """How much evidence a run may keep of rounds that passed; of the others everything is kept."""


class Notify(Frozen):
    """Where the result of a chaos run is sent."""

    webhook: Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")] | None = None


class Section(Frozen):
    """A service's own part of settings.yaml, under its name. Each key has a default."""


SectionType = TypeVar("SectionType", bound=Section)


class Settings(Frozen):
    """settings.yaml without the services' own sections."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    lab: bool = False
    adopted: bool = False
    """Somebody else set it up: nothing is installed there, and no image must be known."""
    domain: str = Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
    private_network: IPv4Network
    sql_proxy: Literal["proxysql", "haproxy"] = "proxysql"
    ssh: Ssh = Ssh()
    dns: Dns = Dns()
    bind: dict[BindName, IPv4Address] = {}
    """The address on which hosts of a role listen, for roles that allow one to be chosen; by default all addresses."""
    profile: Profile = ALL
    load_balancers: tuple[LoadBalancer, ...] = ()
    faults: Faults = Faults()
    chaos: Chaos = Chaos()
    notify: Notify = Notify()
    slo: dict[Promised, Objective] = {}

    def of(self, section: type[SectionType]) -> SectionType:
        """A service's section."""
        return next(value for _, value in self if isinstance(value, section))

    def changed(self, service: str, values: Mapping[str, Any]) -> Self:
        """The same with other values in a service's section. Raises pydantic.ValidationError."""
        if not values:
            return self
        section: Section = getattr(self, service)
        kept = section.model_dump(exclude_unset=True)
        return self.model_copy(update={service: type(section).model_validate({**kept, **values})})

    def bound(self, role: str) -> IPv4Address:
        """The address on which hosts of a role listen."""
        return self.bind.get(role, EVERYWHERE)

    def value(self, path: str) -> Any:
        """The value at a path like `kubernetes.distribution`."""
        value: Any = self
        for name in path.split("."):
            value = getattr(value, name)
        return value


@cache
def _model() -> type[Settings]:
    """Settings with a section for each service that has one."""
    models = {known.name: registry.load(known.settings) for known in registry.services() if known.settings}
    sections: dict[str, Any] = {name: (model, model()) for name, model in models.items()}
    return create_model("Settings", __base__=Settings, **sections)


def read_settings(file: Path, problems: list[Problem]) -> Settings | None:
    """settings.yaml with the services' sections, or None after adding every mistake to `problems`."""
    return read_document(file, _model(), problems)
