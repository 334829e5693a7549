"""Durations as people write them."""

import re

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(text: str) -> float:
    """`90s`, `10m`, `8h`, `30d` in seconds. Raises ValueError with what to write instead."""
    known = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if known is None:
        raise ValueError(f"{text!r} is no duration: write 90s, 10m, 8h or 30d")
    return float(known[1]) * UNITS[known[2]]
