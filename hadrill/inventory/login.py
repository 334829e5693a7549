"""How a host is logged in to: what its row says, then settings.yaml, then the SSH configuration, then what is usual."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from hadrill.inventory.host import Host
from hadrill.inventory.jump import Hop, hops_of
from hadrill.inventory.settings import Ssh
from hadrill.inventory.ssh_config import SshConfig, SshConfigError, ssh_config

ROOT = "root"
PORT = 22
USUAL_KEYS = tuple(Path("~/.ssh") / name for name in ("id_ed25519", "id_ecdsa", "id_rsa"))
LONGEST = 8
"""More hops are a circle."""


@dataclass(frozen=True)
class Login:
    """Where a host's SSH is, as whom, with which keys, and through which hosts: the first hop is reached from here."""

    name: str
    address: str
    port: int
    user: str
    keys: tuple[Path, ...]
    only_these: bool = False
    """Whether no other key of an agent is tried (IdentitiesOnly)."""
    alias: str = ""
    """The name under which its host key is known, where that is not its address."""
    jump: tuple["Login", ...] = ()

    @property
    def place(self) -> str:
        """Address and port, for people."""
        return f"{self.address}:{self.port}"

    @property
    def known_name(self) -> str:
        """How known_hosts calls it."""
        return self.alias or (self.address if self.port == PORT else f"[{self.address}]:{self.port}")

    @property
    def is_root(self) -> bool:
        """Whether commands are root's without more."""
        return self.user == ROOT

    def __str__(self) -> str:
        return f"{self.user}@{self.place}"


class Logins:
    """Those of one inventory. Everything may raise SshConfigError."""

    def __init__(self, folder: Path, ssh: Ssh, hosts: Iterable[Host]) -> None:
        self._folder, self._ssh = folder, ssh
        self._hosts = {name: host for host in hosts for name in (host.address, host.name)}

    def of(self, host: Host) -> Login:
        """How to log in on a host."""
        return self._login(Hop(host.name), host, ())

    @property
    def _config(self) -> SshConfig:
        return ssh_config(self._folder, self._ssh.config)

    @property
    def _where(self) -> Path:
        return self._config.file or self._folder

    def _login(self, hop: Hop, host: Host | None, circle: tuple[str, ...]) -> Login:
        if hop.name in circle or len(circle) > LONGEST:
            way = f"jump hosts lead in a circle: {' -> '.join([*circle, hop.name])}"
            raise SshConfigError(self._folder, way, "Correct `jump`, or ProxyJump in the SSH configuration.")
        names = (host.name, host.fqdn, host.address) if host else (hop.name,)
        config, known = self._config, self._config.name_of(*names)
        options, given = config.of(known), self._ssh.model_fields_set
        row_user, row_port, row_key = (host.ssh_user, host.ssh_port, host.ssh_key) if host else ("", 0, "")
        # A default of settings.yaml is about the inventory's own hosts; a jump host elsewhere is the configuration's.
        ours = given if host else frozenset[str]()
        user = hop.user or row_user or ("user" in ours and self._ssh.user) or options.get("user") or self._ssh.user
        port = hop.port or row_port or ("port" in ours and self._ssh.port) or self._port(options)
        return Login(
            hop.name,
            options.get("hostname") or (host.address if host else hop.name),
            port,
            user,
            self._keys(row_key, host, known),
            only_these=options.get("identitiesonly") == "yes",
            alias=options.get("hostkeyalias", ""),
            jump=self._jump(hop, host, options, circle),
        )

    def _port(self, options: dict[str, str]) -> int:
        text = options.get("port", str(PORT))
        if not text.isdecimal():
            raise SshConfigError(self._where, f"Port {text!r}", "Write a number.")
        return int(text)

    def _keys(self, row_key: str, host: Host | None, known: str) -> tuple[Path, ...]:
        inventorys = (Path(row_key),) if row_key else (self._ssh.key,) if "key" in self._ssh.model_fields_set else ()
        named = tuple(map(Path, self._config.keys_of(known)))
        chosen = (inventorys or named) if host else (named or inventorys)
        return tuple(self._folder / key.expanduser() for key in chosen or USUAL_KEYS)

    def _jump(self, hop: Hop, host: Host | None, options: dict[str, str], circle: tuple[str, ...]) -> tuple[Login, ...]:
        inventorys = (host.jump or self._ssh.jump) if host else ""
        text = inventorys or options.get("proxyjump", "")
        if not text and options.get("proxycommand"):
            what = f"a ProxyCommand for {hop.name}, which is not followed"
            raise SshConfigError(self._where, what, "Write a ProxyJump, or `jump` in the inventory.")
        hops = hops_of(text)
        # A default way leads to its own hosts as far as they lie on it.
        own = {hop.name, host.address if host else hop.name}
        if not (host and host.jump):
            hops = tuple(takewhile(lambda between: between.name not in own, hops))
        logins = [self._login(between, self._hosts.get(between.name), (*circle, hop.name)) for between in hops]
        # As OpenSSH does it: only the first may need jump hosts of its own.
        first = logins[0].jump if logins else ()
        return (*first, *(replace(login, jump=()) for login in logins))
