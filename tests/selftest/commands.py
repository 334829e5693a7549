"""Commands of the project, run beside what else goes on; what they say is kept until somebody listens."""

import os
import signal
import subprocess
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread

from tests.selftest.lab.suite import BIN, ROOT

END_LINES = 15
"""So many of a command's last lines say why it failed."""


class Commands:
    """One command after another, begun at once, until one fails. Each is a program's name and its arguments."""

    def __init__(self, *commands: tuple[str, ...]) -> None:
        # As it is now: tests that run meanwhile change their own process's.
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._said: SimpleQueue[str | None] = SimpleQueue()
        self._process: subprocess.Popen[str] | None = None
        self._ended = False
        self._beginning = Lock()
        self.status = 0
        self._thread = Thread(target=self._run, args=(commands,), name="commands")
        self._thread.start()

    def listen(self, show: Callable[[str], object]) -> str:
        """Show what was said so far, and each line as it comes, until all is over. Returns the text."""
        lines = []
        try:
            while (line := self._said.get()) is not None:
                lines.append(line)
                show(line)
        except KeyboardInterrupt:
            self.end()
            raise
        self._thread.join()
        return "".join(lines)

    def end(self) -> None:
        """Nobody listens any more: what runs is asked to end, with all that it began, and waited for."""
        with self._beginning:
            self._ended = True
            if self._process is not None and self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGTERM)
        self._thread.join()

    def _run(self, commands: tuple[tuple[str, ...], ...]) -> None:
        try:
            for command in commands:
                if self.status != 0 or not self._begin(command):
                    return
                self.status = self._wait()
        finally:
            self._said.put(None)

    def _begin(self, command: tuple[str, ...]) -> bool:
        """Start one, unless the end was asked for."""
        with self._beginning:
            if self._ended:
                return False
            self._said.put(f"\n$ {' '.join(command)}\n")
            self._process = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                cwd=ROOT,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        return True

    def _wait(self) -> int:
        assert self._process is not None
        with self._process:
            for line in self._process.stdout or ():
                self._said.put(line)
        return self._process.returncode
