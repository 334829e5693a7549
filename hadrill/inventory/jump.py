"""The hosts that a login leads through, written as OpenSSH's ProxyJump: `admin@bastion:2222,inner`."""

import re
from dataclasses import dataclass

NONE = "none"
"""No jump host, where one would be usual."""
_HOP = re.compile(
    r"(ssh://)?((?P<user>[^@\s,]+)@)?(\[(?P<v6>[0-9a-fA-F:]+)\]|(?P<name>[^@:\s,]+))(:(?P<port>\d{1,5}))?"
)


@dataclass(frozen=True)
class Hop:
    """One of them: a host of the inventory, a name of the SSH configuration, or an address."""

    name: str
    user: str = ""
    port: int = 0


def is_jump(text: str) -> bool:
    """Whether the text is a list of hops, or `none`."""
    return text == NONE or all(_HOP.fullmatch(part.strip()) for part in text.split(","))


def hops_of(text: str) -> tuple[Hop, ...]:
    """The hops of a text, the first to be reached first. Text that is no list of hops has none."""
    if text in ("", NONE):
        return ()
    matches = [match for part in text.split(",") if (match := _HOP.fullmatch(part.strip()))]
    return tuple(Hop(match["v6"] or match["name"], match["user"] or "", int(match["port"] or 0)) for match in matches)
