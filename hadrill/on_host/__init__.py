"""Programs that run on hosts, and in pods. `hadrill.remote.run_program` sends one, runs it and reads its answer.

Nothing of them stays there, but for what the installer puts on hosts to run by itself (redis_update_master,
galera_start, cni).
Each is one file with a `main()` that reads JSON from standard input and prints JSON, and needs nothing but the standard
library of Python 3.9 or newer (those of pods: their image's clients). They import nothing of hadrill: it is not there.
"""

from pathlib import Path


def program(name: str) -> str:
    """The text of a program, as it is sent."""
    return (Path(__file__).parent / f"{name}.py").read_text("utf-8")
