"""What to do about a host key that is unknown or another: files, hosts and commands, by name."""

import shlex
from pathlib import Path

from hadrill.inventory.login import PORT, Login


def unknown_key(login: Login, known_hosts: Path, shown: str) -> str:
    """That nobody wrote down the key of a host yet, and how to."""
    return (
        f"the host key of {login.place} is unknown: add it to {known_hosts} once you know by another way that it is "
        f"{shown}: `{scan(login, known_hosts)}`"
    )


def changed_key(login: Login, known_hosts: Path, shown: str) -> str:
    """That another key answers than the one that is written down, and how to replace it."""
    forget = shlex.join(["ssh-keygen", "-f", str(known_hosts), "-R", login.known_name])
    return (
        f"the host key of {login.place} is not the one in {known_hosts} but {shown}: if the machine was replaced, "
        f"correct that file (`{forget} && {scan(login, known_hosts)}`); if not, somebody else answers there"
    )


def scan(login: Login, known_hosts: Path) -> str:
    """The command that reads the key where the host is reached, here or on the last jump host, and writes it down."""
    port = [] if login.port == PORT else ["-p", str(login.port)]
    asked = ["ssh-keyscan", *port, login.address]
    if login.jump:
        *before, last = login.jump
        through = ["-J", ",".join(f"{hop.user}@{hop.place}" for hop in before)] if before else []
        at = [] if last.port == PORT else ["-p", str(last.port)]
        asked = ["ssh", *through, *at, f"{last.user}@{last.address}", *asked]
    # What is written down begins with the name under which it is looked up.
    alias = f" | sed {shlex.quote(f's/^[^ #]*/{login.alias}/')}" if login.alias else ""
    return f"{shlex.join(asked)}{alias} >> {shlex.quote(str(known_hosts))}"
