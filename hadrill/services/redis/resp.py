"""Redis' protocol (RESP 2), as far as answers to questions need it."""

from typing import Any


def replies(text: str) -> list[Any]:
    """Every reply of a conversation: strings, numbers as strings, lists, None; an error is an Error.

    A reply that was cut off ends the list. Lengths are counted in bytes of UTF-8, as the server counts them.
    """
    values, raw, at = [], text.encode(), 0
    while at < len(raw):
        try:
            value, at = _one(raw, at)
        except (ValueError, IndexError):
            break
        values.append(value)
    return values


class Error(str):
    """A reply that begins with `-`, without it."""

    __slots__ = ()


def pairs(reply: Any) -> dict[str, str]:
    """A flat list of names and values as a dictionary; empty for anything else."""
    if not isinstance(reply, list):
        return {}
    return dict(zip(map(str, reply[::2]), map(str, reply[1::2]), strict=False))


def info(reply: Any) -> dict[str, str]:
    """INFO's lines as a dictionary; empty for anything else."""
    lines = reply.splitlines() if isinstance(reply, str) and not isinstance(reply, Error) else []
    return dict(line.split(":", 1) for line in lines if ":" in line)


def _one(raw: bytes, at: int) -> tuple[Any, int]:
    end = raw.index(b"\r\n", at)
    kind, head, after = raw[at : at + 1], raw[at + 1 : end].decode(), end + 2
    if kind == b"-":
        return Error(head), after
    if kind in (b"+", b":"):
        return head, after
    length = int(head)
    if length < 0:
        return None, after
    if kind == b"$":
        if len(raw) < after + length:
            raise ValueError("cut off")
        return raw[after : after + length].decode("utf-8", "replace"), after + length + 2
    if kind != b"*":
        raise ValueError(f"no reply: {raw[at : at + 20]!r}")
    items = []
    for _ in range(length):
        item, after = _one(raw, after)
        items.append(item)
    return items, after
