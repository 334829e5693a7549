"""Programs that run on hosts, and in pods. `hadrill.remote.run_program` sends one, runs it and reads its answer.

A program leaves nothing there, except for the three that the installer puts on hosts to run by themselves
(redis_update_master, galera_start, cni).
Each is one file with a `main()` that reads JSON from standard input and prints JSON, and needs nothing but the standard
library of Python 3.9 or newer (those of pods: their image's clients); pod_page reads nothing, and serves. They import
nothing of hadrill: it is not there.
"""

from pathlib import Path


def program(name: str) -> str:
    """The source of a program, as it is sent to a host."""
    return (Path(__file__).parent / f"{name}.py").read_text("utf-8")
