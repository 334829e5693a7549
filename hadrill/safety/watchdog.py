"""A process beside the runner that undoes the runner's faults as soon as the runner is gone.

It holds the reading end of a pipe; the kernel closes the other end when the runner ends, however it ends.
"""

import os
import signal
import subprocess
import sys

from hadrill.safety.journal import entries, folder, unreadable

READY = b"ready\n"


class Watchdog:
    """The watchdog's process as the runner sees it: started before anything is broken, and asked whether it lives."""

    def __init__(self) -> None:
        self._watches = False
        log = folder() / "watchdog.log"
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        its_input, hold = os.pipe()
        says, its_output = os.pipe()
        self._hold, self._says = os.fdopen(hold, "wb"), os.fdopen(says, "rb")
        with log.open("ab") as out, os.fdopen(its_input, "rb") as stdin, os.fdopen(its_output, "wb") as stdout:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hadrill.safety.watchdog", str(os.getpid())],
                stdin=stdin,
                stdout=stdout,
                stderr=out,
                # What ends the runner's terminal or its group must not end this.
                start_new_session=True,
            )

    @property
    def died(self) -> bool:
        """Whether the watchdog's process has ended."""
        return self._process.poll() is not None

    def ready(self) -> bool:
        """Wait until it watches; false where it has died."""
        if not self.died and not self._watches:
            self._watches = self._says.readline() == READY
        return not self.died and self._watches

    def close(self) -> None:
        """End it: the runner breaks nothing any more."""
        self._hold.close()
        self._process.wait()
        self._says.close()


def main() -> int:
    """Wait for the runner's end, then undo what its journal still holds."""
    runner = int(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    sys.stdin.buffer.read()
    sys.stderr.write("".join(f"{line}\n" for line in unreadable()))
    left = [entry for entry in entries() if entry.pid == runner]
    if not left:
        return 0
    # Only now: every worker of a run has a watchdog, and those who heal need the processors for themselves.
    from hadrill.safety.heal import heal_entries

    done, wrong = heal_entries(left)
    sys.stderr.write("".join(f"{line}\n" for line in [*done, *wrong]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
