"""A host in a folder: programs of faults run for real in a shell, on stand-ins for what only a whole machine has.

Each stand-in keeps its state as files below `state`, so that two moments of the host can be compared.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

DRILL = "0123456789ab"
_REFUSE = 'case " $REFUSE " in *" {name}-$1 "*) echo "{name} $1 refused" >&2; exit 1;; esac\n'
_PROGRAMS = {
    # Units are files that hold `active` or `inactive`; what stops with one and what triggers it is named beside it.
    # hadrill's own run a container.
    "systemctl": """
verb=$1; shift
for word; do
  case $word in --property=*) properties=${word#*=};; -*) ;; *) units="$units $word";; esac
done
for unit in $units; do
  file=$STATE/unit-$unit; c=${unit#hadrill-}; container=$STATE/container-${c%.service}
  case $verb in
    is-active) state=$(cat $file 2>/dev/null || echo inactive)
               case "$*" in *--quiet*) ;; *) echo $state;; esac; [ $state = active ] || exit 3;;
    start) [ "$(cat $file 2>/dev/null)" = active ] || ! [ -e $container.of-unit ] || echo running > $container
           echo active > $file;;
    stop) for u in $unit $(cat $STATE/dependents-$unit 2>/dev/null); do echo inactive > $STATE/unit-$u; done
          ! [ -e $container.of-unit ] || rm -f $container
          [ "$unit" != docker.service ] || sed -i s/running/exited/ $STATE/container-*;;
    kill) echo inactive > $file;;
    freeze) [ ! -e $STATE/no-freezer ] || exit 1; echo frozen > $STATE/frozen-$unit;;
    thaw) rm $STATE/frozen-$unit;;
    show) case $properties in
            FreezerState) cat $STATE/frozen-$unit 2>/dev/null || echo running;;
            MainPID) echo $PID;;
            ControlGroup) cut -d: -f3- /proc/$PID/cgroup | sort | tail -1;;
            TriggeredBy) cat $STATE/triggers-$unit 2>/dev/null;;
            *) cat $STATE/triggers-$unit $STATE/dependents-$unit 2>/dev/null;;
          esac;;
  esac
done; :
""",
    # Containers are files that hold their state. One that a unit runs goes with its end, and the unit with it.
    "docker": """
verb=$1; shift
for word; do name=$word; done
file=$STATE/container-$name
case $verb in
  ps) case "$*" in
        *--all*) ls $STATE | sed -n 's/^container-//p';;
        *) grep -lx running $STATE/container-* | sed 's/.*container-//';;
      esac;;
  inspect) [ -e $file ] && [ ! -e $STATE/mute-$name ] || exit 1
    case "$*" in
      *State.Pid*) echo $PID;;
      *AutoRemove*) [ -e $STATE/removes-itself-$name ] && echo true || echo false;;
      *RestartPolicy.Name*) cut -d: -f1 $STATE/policy-$name;;
      *MaximumRetryCount*) cut -sd: -f2 $STATE/policy-$name;;
      *) cat $file;;
    esac;;
  update) echo $2 > $STATE/policy-$name;;
  pause) echo paused > $file;;
  unpause|start) [ -e $file ] && [ ! -e $STATE/broken-$name ] || exit 1
    echo running > $file;;
  stop) echo exited > $file;;
  kill) if [ -e $file.of-unit ]; then rm $file; echo inactive > $STATE/unit-hadrill-$name.service
        else echo exited > $file; fi;;
esac
""",
    # One root qdisc a device, as in the kernel: a second one is refused, and it goes by its handle.
    "tc": """
verb=$2; shift 2
while [ $# -gt 0 ]; do
  case $1 in dev) device=$2; shift;; handle) handle=$2; shift;; tbf) kind=$1;; esac; shift
done
file=$STATE/qdisc-$device
case $verb in
  show) [ -e $file ] && cat $file || echo "qdisc noqueue 0: root refcnt 2";;
  add) [ ! -e $file ] || { echo "Error: Exclusivity flag on, cannot modify." >&2; exit 2; }
       echo "qdisc $kind $handle root refcnt 2" > $file;;
  del) grep -q " $handle " $file || { echo "Error: Invalid handle." >&2; exit 2; }; rm $file;;
esac
""",
    "ip": """
case "$*" in
  *"route get 198.18.0.125"*) echo "198.18.0.125 dev eth1 src 198.18.1.124 uid 0";;
  *"route get"*) echo "198.18.0.124 dev eth0 src 198.18.0.123 uid 0";;
  *default*) echo "default via 198.18.9.1 dev eth9";;
esac
""",
    "nft": """
case "$1 $2" in
  "list table") [ -e "$STATE/table-$4" ];;
  "delete table") rm "$STATE/table-$4";;
  "-f -") while read -r verb _ _ name rest; do
      case $verb in
        create) [ ! -e "$STATE/table-$name" ] || { echo "File exists" >&2; exit 1; }; echo > "$STATE/table-$name";;
      esac
    done;;
esac
""",
    "kubectl": """
file=$STATE/node-unschedulable
case $1 in get) cat $file 2>/dev/null; :;; cordon) printf true > $file;; uncordon) rm -f $file;; esac
""",
}


@dataclass(frozen=True)
class FakeHost:
    """Programs run on it with `run`; `refuse` names commands that fail, as `docker-pause`."""

    folder: Path
    pid: int = 0

    @classmethod
    def make(cls, folder: Path, pid: int = 0) -> "FakeHost":
        """A host with nothing on it."""
        for name in ("bin", "state", "drop-ins", "data", DRILL):
            (folder / name).mkdir(parents=True)
        for name, program in _PROGRAMS.items():
            file = folder / "bin" / name
            file.write_text(f"#!/bin/sh\n{_REFUSE.format(name=name)}{program}")
            file.chmod(0o755)
        return cls(folder, pid)

    @property
    def marks(self) -> Path:
        """The drill's own folder."""
        return self.folder / DRILL

    def put(self, name: str, content: str) -> None:
        """Something that is so: `unit-redis.service`, `active`."""
        (self.folder / "state" / name).write_text(f"{content}\n")

    def run(self, program: str, refuse: str = "") -> subprocess.CompletedProcess[str]:
        """What a program of a fault does and says."""
        environment = {
            **os.environ,
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "STATE": str(self.folder / "state"),
            "PID": str(self.pid),
            "REFUSE": refuse,
        }
        return subprocess.run(
            ["sh", "-c", program], env=environment, cwd=self.folder, text=True, capture_output=True, check=False
        )

    def all(self) -> dict[str, str]:
        """Everything that can be changed on it, but the drill's own folder."""
        return {
            str(path.relative_to(self.folder)): path.read_text() if path.is_file() else ""
            for part in ("state", "drop-ins", "data")
            for path in sorted((self.folder / part).rglob("*"))
        }
