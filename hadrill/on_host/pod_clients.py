"""Runs in a pod: asks each data service in its own protocol, again and again, and prints a line of JSON each time.

Input: the folder /etc/backends. For each service backends.json says where it is and how to log in, and NAME.py has a
function round_trip(login) that returns whether the answer was the right one. Output: {"at": Unix seconds, NAME: "ok" or
the error}. Needs nothing but Debian's packages of the clients, which the pods' image has.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

FOLDER = Path("/etc/backends")
PACE = 3.0
"""Seconds between two lines: for each, the pod on every node opens a connection to each service."""
Login = dict[str, str]
RoundTrip = Callable[[Login], bool]


def round_trip_of(file: Path) -> RoundTrip:
    """The function round_trip() of a file."""
    spec = spec_from_file_location(f"backend_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    round_trip: RoundTrip = module.round_trip
    return round_trip


def one_round(logins: Mapping[str, Login], round_trips: Mapping[str, RoundTrip]) -> dict[str, Any]:
    """Ask each service once. Returns the line to be printed."""
    line: dict[str, Any] = {"at": time.time()}
    for name, login in logins.items():
        try:
            line[name] = "ok" if round_trips[name](login) else "another answer"
        except Exception as error:  # noqa: BLE001, PERF203 - whatever a driver raises is what the pod saw
            line[name] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return line


def main() -> None:
    """Ask and print until the pod ends."""
    logins = json.loads((FOLDER / "backends.json").read_text("ascii"))
    round_trips = {name: round_trip_of(FOLDER / f"{name}.py") for name in logins}
    pause = threading.Event()
    while True:
        sys.stdout.write(json.dumps(one_round(logins, round_trips)) + "\n")
        sys.stdout.flush()
        pause.wait(PACE)


if __name__ == "__main__":
    main()
