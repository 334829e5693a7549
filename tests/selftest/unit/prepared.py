"""An interpreter that has loaded pytest and the drivers once, and forks itself for each run of a project's tests.

A run is the program `pytest` from its first line to the interpreter's exit, with the folder, arguments, environment and
files that it would have; only what is loaded here was loaded before. Hadrill itself is not, nor any plugin of pytest.
"""

import atexit
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

BIN = Path(__file__).parents[3] / ".venv" / "bin"
LOADED = (
    *("_pytest.assertion.rewrite", "_pytest.debugging", "_pytest.junitxml", "_pytest.python", "pytest"),
    *("allure_commons", "attr", "email.parser", "execnet", "filelock", "http.client", "pydantic", "pydantic.main"),
    *("concurrent.futures.thread", "rich.console", "rich.table", "unittest", "urllib3", "yaml"),
    *("boto3", "fabric", "pika", "prometheus_client", "psycopg", "pymysql", "redis"),
)
"""What most runs load; a module that is not named here is loaded by each for itself."""


class Interpreter:
    """The process; it waits for runs until its starter ends."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._process = subprocess.Popen(
            [str(BIN.resolve() / "python"), __file__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._end)

    def _end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def run(self, folder: Path, *arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """One run of pytest, in a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = [str(BIN / "pytest"), *arguments]
        with tempfile.TemporaryDirectory() as place:
            out, err = Path(place, "out"), Path(place, "err")
            order = [str(folder), command, environment, str(out), str(err)]
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            status = int(self._process.stdout.readline())
            return subprocess.CompletedProcess(command, status, out.read_text("utf-8"), err.read_text("utf-8"))


@cache
def interpreter() -> Interpreter:
    """The one of this process."""
    return Interpreter()


def _become(folder: str, command: list[str], environment: dict[str, str], out: str, err: str) -> None:
    """Be the process that the command would have started."""
    for number, file in enumerate((os.devnull, out, err)):
        opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = command
    # As Python begins: the program's folder, then PYTHONPATH.
    sys.path[:1] = [str(BIN.resolve()), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    importlib.invalidate_caches()


def _serve() -> int:
    """Fork for each line; say how each ended. Returns what the program returns, in a process that was forked."""
    for module in LOADED:
        importlib.import_module(module)
    # Forks share the memory of what the collector does not touch.
    gc.freeze()
    from _pytest.config import _console_main  # as the program does

    while order := sys.stdin.readline():
        pid = os.fork()
        if not pid:
            _become(*json.loads(order))
            return _console_main()
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(_serve())
