"""The keys that a login is tried with: those of an agent, and files without a passphrase. Nothing is ever asked for."""

import base64
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from paramiko import Agent, PKey, SSHException
from paramiko.auth_strategy import AuthFailure, AuthSource, AuthStrategy, InMemoryPrivateKey
from paramiko.config import SSHConfig
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import BadAuthenticationType

from hadrill.inventory.login import Login

_MAGIC = b"openssh-key-v1\0"
_PUBLIC = "publickey"


class Keys(AuthStrategy):
    """One login's. After a refusal it says which keys there were, and which could not be used."""

    def __init__(self, login: Login) -> None:
        super().__init__(SSHConfig())
        self._login = login
        self._tried: list[str] = []
        self._locked: list[Path] = []
        self._unusable: list[str] = []
        self._in_agent = 0

    def get_sources(self) -> Iterator[AuthSource]:
        """An agent's keys that the login names, its files, then what else the agent has: servers count attempts."""
        agent = _agent()
        held = {key.asbytes(): key for key in agent.get_keys()} if agent is not None else {}
        self._in_agent = len(held)
        try:
            for file in self._login.keys:
                yield from self._of_file(file, held)
            if not self._login.only_these:
                for key in held.values():
                    self._tried.append(f"{key.comment or key.get_name()} of the agent")
                    yield InMemoryPrivateKey(self._login.user, key)
        finally:
            if agent is not None:
                agent.close()

    def _of_file(self, file: Path, held: dict[bytes, Any]) -> Iterator[AuthSource]:
        if (own := held.pop(_public_half(file), None)) is not None:
            self._tried.append(f"{file} of the agent")
            yield InMemoryPrivateKey(self._login.user, own)
            return
        try:
            key = PKey.from_path(file)
        except FileNotFoundError:
            return
        except TypeError:
            # What cryptography says of a file with a passphrase where none is given.
            self._locked.append(file)
            return
        except (OSError, ValueError, UnsupportedAlgorithm, UnknownKeyType, SSHException) as error:
            self._unusable.append(f"{file} ({error or type(error).__name__})")
            return
        self._tried.append(str(file))
        yield InMemoryPrivateKey(self._login.user, key)

    def why_refused(self, failure: AuthFailure) -> str:
        """Why none of them opened the door, and what to do."""
        place, user = self._login.place, self._login.user
        allowed = [r.result.allowed_types for r in failure.result if isinstance(r.result, BadAuthenticationType)]
        if allowed and _PUBLIC not in allowed[0]:
            return (
                f"{place} takes no keys for user {user}, only {', '.join(allowed[0])}, and hadrill never asks for a "
                f"password: let its sshd take keys (PubkeyAuthentication yes)"
            )
        agent = _about_agent(self._in_agent)
        if self._locked:
            file = self._locked[0]
            return (
                f"{place} is not logged in to as {user}: the key {file} has a passphrase, and no agent has it "
                f"({agent}): run `ssh-add {file}` first, in the same shell (`eval $(ssh-agent)` starts an agent)"
            )
        if not self._tried:
            files = " or ".join(map(str, self._login.keys))
            broken = f"; not usable: {', '.join(self._unusable)}" if self._unusable else ""
            return f"there is no SSH key {files}, and {agent}{broken}: check ssh.key, or IdentityFile"
        return (
            f"{place} refuses user {user} with the key {', '.join(self._tried)}: check ssh.user and ssh.key, and that "
            f"the public half is in ~{user}/.ssh/authorized_keys there"
        )


def _agent() -> Agent | None:
    try:
        return Agent()
    except SSHException:
        return None


def _about_agent(keys: int) -> str:
    if keys:
        return f"the agent has {keys} other{'s' if keys > 1 else ''}"
    return "the agent has none" if os.environ.get("SSH_AUTH_SOCK") else "there is no agent: SSH_AUTH_SOCK is not set"


def _public_half(file: Path) -> bytes:
    """The public half of a key, as an agent names it: of the file beside it, or of an OpenSSH file's open part."""
    try:
        beside = file.with_name(f"{file.name}.pub")
        if beside.is_file():
            return base64.b64decode(beside.read_text("utf-8").split()[1])
        body = "".join(line for line in file.read_text("ascii").splitlines() if not line.startswith("-----"))
        raw = base64.b64decode(body)
        if not raw.startswith(_MAGIC):
            return b""
        rest = raw[len(_MAGIC) :]
        # Cipher, key derivation and its options; then the number of keys, and the first public one.
        for _ in range(3):
            _, rest = _field(rest)
        return _field(rest[4:])[0]
    except (OSError, ValueError, IndexError, struct.error):
        return b""


def _field(raw: bytes) -> tuple[bytes, bytes]:
    """A field with its length in front, and what follows it."""
    (length,) = struct.unpack(">I", raw[:4])
    return raw[4 : 4 + length], raw[4 + length :]
