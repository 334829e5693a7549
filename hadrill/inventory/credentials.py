"""credentials/: one env file for each role, readable by its owner only, never printed."""

import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from hadrill.inventory.cluster import NamedCluster
from hadrill.inventory.problem import Problem
from hadrill.services import registry

POWER = "hcloud"
"""The file that belongs to no role: only a power driver needs it, and it may be missing."""
# A value may be anything printable but quotes, blanks and `#`.
_ENTRY = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>[!$-&(-~]{8,128})")


class Credentials:
    """Secrets by role and name; clusters that have their own are asked for by `about`."""

    def __init__(
        self,
        values: Mapping[str, Mapping[str, SecretStr]],
        own: Mapping[str, Mapping[str, Mapping[str, SecretStr]]] | None = None,
    ) -> None:
        """`own`: by the folder of a cluster, what replaces the usual values of a role."""
        self._values, self._own = values, own or {}

    def secret(self, role: str, name: str) -> str:
        """The plain value, to be used at once and kept nowhere."""
        return self._values[role][name].get_secret_value()

    def about(self, folder: str) -> Self:
        """The same with the values of a cluster in the place of the usual ones."""
        return type(self)({**self._values, **self._own.get(folder, {})}, {**self._own, "": self._values})

    def values(self) -> frozenset[str]:
        """Every secret, of whichever cluster, for those who keep them out of what is printed or written."""
        every = (self._values, *self._own.values())
        return frozenset(
            secret.get_secret_value() for files in every for named in files.values() for secret in named.values()
        )


def read_credentials(
    folder: Path, roles: Iterable[str], problems: list[Problem], clusters: Sequence[NamedCluster] = ()
) -> Credentials:
    """Read the files that the inventory's roles need; what is wrong with them is added to `problems`."""
    values: dict[str, dict[str, SecretStr]] = {}
    own: dict[str, dict[str, dict[str, SecretStr]]] = {}
    for role, names in _required(roles):
        folders = _folders_of(role, clusters)
        if "" in folders and (usual := _read_required(folder / f"{role}.env", role, names, problems)) is not None:
            values[role] = usual
        for name in sorted(folders - {""}):
            of_cluster = _read_required(folder / name / f"{role}.env", f"{role} in {name}", names, problems)
            if of_cluster is not None:
                own.setdefault(name, {})[role] = of_cluster
    # What is wrong with it the driver says itself; it is read here, so that its secrets are known and shown nowhere.
    if (power := folder / f"{POWER}.env").is_file():
        values[POWER] = _read(power, [])
    return Credentials(values, own)


def _folders_of(role: str, clusters: Sequence[NamedCluster]) -> set[str]:
    """Folders below credentials/ with files of a role: empty for the usual one."""
    record = registry.service_of(role)
    return {cluster.credentials for cluster in clusters if record and cluster.service == record.name} or {""}


def _read_required(
    file: Path, whose: str, names: Iterable[str], problems: list[Problem]
) -> dict[str, SecretStr] | None:
    remedy = "`hadrill inventory credentials` writes the missing files with new random values."
    if not file.is_file():
        problems.append(Problem(file, 0, 0, f"the credentials of {whose} are missing", remedy))
        return None
    status = file.stat()
    # Without root, hadrill can only work with files of its own user (a lab on a computer with Docker).
    if status.st_mode & 0o777 != 0o600 or status.st_uid not in (0, os.geteuid()):
        what = f"mode {status.st_mode & 0o777:04o}, owner {status.st_uid}"
        problems.append(Problem(file, 0, 0, what, f"Run: chown root:root {file}; chmod 0600 {file}."))
        return None
    before = len(problems)
    values = _read(file, problems)
    # What is missing may stand in a row that could not be read.
    problems.extend(
        Problem(file, 0, 0, f"{name} is missing", f"Add {name}=VALUE, 8 characters or more.")
        for name in names
        if name not in values and len(problems) == before
    )
    return values


def power_token(file: Path, name: str) -> str:
    """A token that only a power driver needs; empty where the file does not hold it or others could read it."""
    if not file.is_file() or file.stat().st_mode & 0o777 != 0o600:
        return ""
    token = _read(file, []).get(name)
    return token.get_secret_value() if token is not None else ""


def of_its_own(cluster: NamedCluster, folder: Path) -> NamedCluster:
    """A cluster with a folder of its own below credentials/, where its service has others and they share no file."""
    roles = registry.service(cluster.service).roles
    if cluster.only or cluster.credentials or any((folder / f"{role.name}.env").exists() for role in roles):
        return cluster
    return replace(cluster, credentials=cluster.name)


def write_missing(folder: Path, roles: Iterable[str], clusters: Sequence[NamedCluster] = ()) -> list[str]:
    """Add the names that the roles need and no file has yet, with random values, 0600. Returns what was added."""
    added = []
    files = ((role, names, own) for role, names in _required(roles) for own in sorted(_folders_of(role, clusters)))
    for role, names, own in files:
        file = folder / own / f"{role}.env"
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        present = _read(file, []) if file.exists() else {}
        missing = [name for name in names if name not in present]
        if missing:
            file.touch(mode=0o600)
            # An editor may have left the last line without its end: what follows would belong to that value.
            unended = file.read_bytes()[-1:] not in (b"", b"\n")
            with file.open("a", encoding="ascii") as stream:
                stream.write("\n" * unended)
                stream.writelines(f"{name}={secrets.token_hex(16)}\n" for name in missing)
            added += [f"{name} in {file}" for name in missing]
    return added


def _required(roles: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The roles that have secrets, each with the names that its file must hold."""
    known = registry.roles()
    return [(role, known[role].credentials) for role in sorted(set(roles)) if known[role].credentials]


def _read(file: Path, problems: list[Problem]) -> dict[str, SecretStr]:
    named: dict[str, SecretStr] = {}
    try:
        rows = file.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(file, 0, 0, f"cannot be read: {type(error).__name__}", "Write it in plain ASCII."))
        return named
    for number, row in enumerate(rows, start=1):
        if not row.strip() or row.startswith("#"):
            continue
        match = _ENTRY.fullmatch(row)
        if match is None:
            # The row itself is never shown: it may be a secret with a typing error.
            remedy = "Write NAME=VALUE: 8 to 128 printable characters, no blanks, quotes or '#'."
            problems.append(Problem(file, number, 1, "not a NAME=VALUE entry", remedy))
        else:
            named[match["name"]] = SecretStr(match["value"])
    return named
