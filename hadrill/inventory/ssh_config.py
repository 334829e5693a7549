"""An OpenSSH client configuration, as paramiko reads it, with what files named by Include say where they are named."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hadrill.inventory.problem import InvalidInventoryError, Problem

if TYPE_CHECKING:
    from paramiko.config import SSHConfig

USERS = Path("~/.ssh/config")
NO_CONFIG = "none"
"""In place of a file: no configuration is read."""
DEEPEST = 16
"""Files within files, as OpenSSH has it."""
REMEDY = "Correct it, or name another file as ssh.config in settings.yaml (`none` for none)."
_LINE = re.compile(r"(?P<key>\w+)(\s*=\s*|\s+)(?P<value>.+)")


class SshConfigError(InvalidInventoryError):
    """A way to a host that cannot be followed: in which file, what stands there, and what to do."""

    def __init__(self, file: Path, message: str, remedy: str) -> None:
        super().__init__([Problem(file, 0, 0, message, remedy)])


class SshConfig:
    """What one file and those that it includes say."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        lines = [] if file is None else list(_lines(file, file.parent, 0))
        values = [value for key, value in map(_split, lines) if key == "host"]
        self._patterns = {pattern for value in values for pattern in value.replace('"', "").split()}
        self._config = None if file is None else _parsed(file, lines)

    def name_of(self, *names: str) -> str:
        """The first of a host's names that a `Host` line is about (`*` is about none); the first where none is."""
        patterns = [pattern for pattern in self._patterns if pattern != "*" and not pattern.startswith("!")]
        return next((name for name in names if any(fnmatch(name, pattern) for pattern in patterns)), names[0])

    def of(self, name: str) -> dict[str, str]:
        """Settings for a host, by small letters; `hostname` is missing where nothing gives it another."""
        if self._config is None:
            return {}
        settings = dict(self._config.lookup(name))
        if settings.get("hostname") == name:
            del settings["hostname"]
        return {key: value for key, value in settings.items() if isinstance(value, str)}

    def keys_of(self, name: str) -> tuple[str, ...]:
        """Its IdentityFile lines, in their order."""
        return () if self._config is None else tuple(self._config.lookup(name).get("identityfile", ()))


@cache
def ssh_config(folder: Path, chosen: Path | None) -> SshConfig:
    """The one that an inventory's folder goes by: the chosen one, `ssh.config` in it, the user's own, or none."""
    if chosen is not None:
        if str(chosen) == NO_CONFIG:
            return SshConfig(None)
        file = (folder / chosen.expanduser()).absolute()
        if not file.is_file():
            raise SshConfigError(file, "there is no such file", "Correct ssh.config; `none` reads none.")
        return SshConfig(file)
    present = (file.absolute() for file in (folder / "ssh.config", USERS.expanduser()) if file.is_file())
    return SshConfig(next(present, None))


def _parsed(file: Path, lines: list[str]) -> "SSHConfig":
    # paramiko takes a tenth of a second to load: not where there is no configuration.
    from paramiko.config import SSHConfig
    from paramiko.ssh_exception import ConfigParseError

    try:
        return SSHConfig.from_text("\n".join(lines))
    except ConfigParseError as error:
        raise SshConfigError(file, f"cannot be read: {error}", REMEDY) from error


def _split(line: str) -> tuple[str, str]:
    match = _LINE.match(line.strip())
    return (match["key"].lower(), match["value"].strip()) if match else ("", "")


def _lines(file: Path, folder: Path, depth: int) -> Iterator[str]:
    """Lines of a file, with those of included files in their place; their names start at the folder."""
    if depth > DEEPEST:
        raise SshConfigError(file, f"included {DEEPEST} files deep", "Look for an Include that leads back to itself.")
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SshConfigError(file, f"cannot be read: {error}", REMEDY) from error
    block = "Host *"
    for line in text.splitlines():
        key, value = _split(line)
        if key in ("host", "match"):
            block = line
        if key != "include":
            yield line
            continue
        for pattern in value.replace('"', "").split():
            place = folder / Path(pattern).expanduser()
            for included in sorted(Path(place.anchor).glob(str(place.relative_to(place.anchor)))):
                yield from _lines(included, folder, depth + 1)
        # What an included file says of its hosts ends with that file.
        yield block
