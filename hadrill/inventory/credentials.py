"""credentials/: one env file for each role, readable by its owner only, never printed."""

import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import SecretStr

from hadrill.inventory.problem import Problem
from hadrill.services import registry

POWER = "hcloud"
"""The file that belongs to no role: only a power driver needs it, and it may be missing."""
# A value may be anything printable but quotes, blanks and `#`.
_ENTRY = re.compile(r"(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>[!$-&(-~]{8,128})")


class Credentials:
    """Secrets by role and name."""

    def __init__(self, values: Mapping[str, Mapping[str, SecretStr]]) -> None:
        self._values = values

    def secret(self, role: str, name: str) -> str:
        """The plain value, to be used at once and kept nowhere."""
        return self._values[role][name].get_secret_value()

    def values(self) -> frozenset[str]:
        """Every secret, for those who keep them out of what is printed or written."""
        return frozenset(secret.get_secret_value() for named in self._values.values() for secret in named.values())


def read_credentials(folder: Path, roles: Iterable[str], problems: list[Problem]) -> Credentials:
    """Read the files that the inventory's roles need; what is wrong with them is added to `problems`."""
    values: dict[str, dict[str, SecretStr]] = {}
    for role, names in _required(roles):
        file = folder / f"{role}.env"
        remedy = "`hadrill inventory credentials` writes the missing files with new random values."
        if not file.is_file():
            problems.append(Problem(file, 0, 0, f"the credentials of {role} are missing", remedy))
            continue
        status = file.stat()
        # Without root, hadrill can only work with files of its own user (a lab on a computer with Docker).
        if status.st_mode & 0o777 != 0o600 or status.st_uid not in (0, os.geteuid()):
            what = f"mode {status.st_mode & 0o777:04o}, owner {status.st_uid}"
            problems.append(Problem(file, 0, 0, what, f"Run: chown root:root {file}; chmod 0600 {file}."))
            continue
        before = len(problems)
        values[role] = _read(file, problems)
        # What is missing may stand in a row that could not be read.
        problems.extend(
            Problem(file, 0, 0, f"{name} is missing", f"Add {name}=VALUE, 8 characters or more.")
            for name in names
            if name not in values[role] and len(problems) == before
        )
    # What is wrong with it the driver says itself; it is read here, so that its secrets are known and shown nowhere.
    if (power := folder / f"{POWER}.env").is_file():
        values[POWER] = _read(power, [])
    return Credentials(values)


def power_token(file: Path, name: str) -> str:
    """A token that only a power driver needs; empty where the file does not hold it or others could read it."""
    if not file.is_file() or file.stat().st_mode & 0o777 != 0o600:
        return ""
    token = _read(file, []).get(name)
    return token.get_secret_value() if token is not None else ""


def write_missing(folder: Path, roles: Iterable[str]) -> list[str]:
    """Add the names that the roles need and no file has yet, with random values, 0600. Returns what was added."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    added = []
    for role, names in _required(roles):
        file = folder / f"{role}.env"
        present = _read(file, []) if file.exists() else {}
        missing = [name for name in names if name not in present]
        if missing:
            file.touch(mode=0o600)
            with file.open("a", encoding="ascii") as stream:
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
