"""Times as people and products write them: `90s`, `1m30s`, `1min 30s`, `500ms`, `PT7.5S`."""

import math
import re

UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
}
"""The units of Go (Kubernetes, MinIO), HAProxy, PostgreSQL, systemd and people: none of them means different things."""
MILLISECOND = UNITS["ms"]
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-zµ]*)\s*")
_WHOLE = re.compile(f"(?:{_PART.pattern})+")


def duration(text: str, without_unit: float | None = None) -> float:
    """Seconds, from parts that each have a number and a unit.

    `without_unit`: how many seconds 1 means where a number has no unit (HAProxy and Redis: MILLISECOND; systemd: 1).
    Raises ValueError with what to write instead.
    """
    if text in ("infinity", "inf"):
        return math.inf
    # ISO 8601 (Galera) has the same parts in capitals, after the letters PT.
    plain = text.removeprefix("PT").lower() if text.startswith("PT") else text.strip()
    parts = _PART.findall(plain) if _WHOLE.fullmatch(plain) else []
    if len(parts) == 1 and not parts[0][1] and without_unit is not None:
        return float(parts[0][0]) * without_unit
    if not parts or not all(unit in UNITS for _, unit in parts):
        raise ValueError(f"{text!r} is no duration: write 90s, 10m, 8h, 30d or 1m30s")
    return sum(float(number) * UNITS[unit] for number, unit in parts)
