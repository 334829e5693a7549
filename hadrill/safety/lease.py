"""A lease on hosts, kept on the hosts themselves: two runners on two computers cannot break the same cluster at once.

A lease is a file with its end, mode and holder, written under a lock of the host, compared with the host's own clock.
Members of the experiment's cluster are leased `exclusive`. Hosts between the clients and the members, like proxies, are
leased `shared`: experiments on several clusters can run at once, but not while one of them breaks a proxy.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from hadrill.inventory import Host
from hadrill.remote import BadAnswerError, CommandFailedError, Remote, RemoteError, shell
from hadrill.safety.on_target import ROOT
from hadrill.timing import Deadline, OverdueError, eventually

EXCLUSIVE, SHARED = "exclusive", "shared"
HELD = 75
WAIT_SECONDS = 3600.0
# $1 is the lease's name, $2 its mode, $3 how many seconds it lasts, $4 who holds it.
_TAKE = f"""
set -e; L={ROOT}/leases; mkdir -p -m 700 {ROOT} $L; exec 9>{ROOT}/.lease.lock; flock 9
now=$(date +%s)
for f in $L/*; do
  [ -e "$f" ] || continue
  read -r until mode holder < "$f" || continue
  if [ "$until" -le "$now" ]; then rm -f "$f"; continue; fi
  [ "$f" = "$L/$1" ] && continue
  if [ "$2" = exclusive ] || [ "$mode" = exclusive ]; then
    printf '%s\\n' "$((until - now)) $mode $holder"; exit {HELD}
  fi
done
printf '%s\\n' "$((now + $3)) $2 $4" > "$L/$1"
"""
# What _TAKE prints of a lease that is in the way. A file of another origin may name no run.
_HELD_LINE = re.compile(r"(?P<left>\d+) (?P<mode>\S+)(?: run=(?P<run>\S+))?(?: (?P<who>.*))?")


class LeaseHeldError(Exception):
    """Another run has leased one of the hosts; the text says which host, who, and for how long."""


@dataclass(frozen=True)
class Holder:
    """Who has leased a host: in which mode, in which run (empty where none is named), and for how many seconds more."""

    host: str
    mode: str
    run: str
    who: str
    left_s: int

    @classmethod
    def of(cls, host: Host, line: str) -> Self:
        """Read the line that _TAKE prints on a host. Raises BadAnswerError."""
        match = _HELD_LINE.fullmatch(line)
        if match is None:
            raise BadAnswerError(host.name, f"its answer cannot be read: {line!r} names no lease")
        return cls(host.name, match["mode"], match["run"] or "", match["who"] or "", int(match["left"]))

    def __str__(self) -> str:
        return f"{self.host} is leased ({self.mode}) by {written(self.run, self.who)} for another {self.left_s} s"


def written(run: str, who: str) -> str:
    """A holder as it is written into a lease's file on the host."""
    return " ".join(f"{f'run={run}' if run else ''} {who}".split())


@dataclass(frozen=True)
class Lease:
    """An experiment's lease on hosts, each with its mode.

    `run` names the session: other experiments of the same session are waited for, strangers are not.
    """

    remote: Remote
    experiment: str
    run: str
    who: str
    modes: Sequence[tuple[Host, str]]
    seconds: float

    def take(self) -> float:
        """Lease every host or none; returns the seconds for which others of this run had them.

        Raises LeaseHeldError, and UnreachableError for a host that does not answer.
        """
        first: list[float] = []

        def held() -> str | None:
            holders = self._try()
            if strangers := [holder for holder in holders if holder.run != self.run]:
                raise LeaseHeldError(str(strangers[0]))
            if holders:
                first.append(time.monotonic())
            return str(holders[0]) if holders else None

        try:
            eventually("the lease on the cluster's hosts", held, Deadline(WAIT_SECONDS))
        except OverdueError as error:
            raise LeaseHeldError(str(error)) from error
        return time.monotonic() - first[0] if first else 0.0

    def release(self) -> list[str]:
        """Give it back on every host that answers; returns what went wrong. The lease ends by itself elsewhere."""
        answers = self.remote.everywhere(
            [host for host, _ in self.modes], lambda host: release(self.remote, host, self.experiment)
        )
        return [str(answer) for answer in answers.values() if isinstance(answer, RemoteError)]

    def _try(self) -> list[Holder]:
        mode_of = dict(self.modes)
        holder = written(self.run, self.who)

        def take(host: Host) -> Holder | None:
            program = shell.script(_TAKE, self.experiment, mode_of[host], int(self.seconds), holder)
            answer = self.remote.attempt(host, program)
            if answer.status == HELD:
                return Holder.of(host, answer.stdout.strip())
            if answer.status != 0:
                raise CommandFailedError(host.name, "take the lease", answer)
            return None

        answers = self.remote.everywhere(mode_of, take)
        failed = [answer for answer in answers.values() if isinstance(answer, RemoteError)]
        holders = [answer for answer in answers.values() if isinstance(answer, Holder)]
        if failed or holders:
            self.release()
        # A host that does not answer may be switched off by the very experiment that holds the others.
        if failed and not holders:
            raise failed[0]
        return holders


def release(remote: Remote, host: Host, experiment: str) -> None:
    """Give back an experiment's lease on one host. Raises RemoteError."""
    remote.run(host, shell.command("rm", "-f", f"{ROOT}/leases/{experiment}"))
