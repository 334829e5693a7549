"""The data directory's disk is full."""

from hadrill.faults.fault import CRASH, Fault, Target
from hadrill.faults.marks import in_turn, mark, where_marked
from hadrill.faults.unit import mark_running, runs, start_marked

FILL_SECONDS = 45


def full(target: Target) -> Fault:
    """A file takes all the room that is left. Refused where the disk is not the host's own: others would be hit too."""
    filler = f"{target.data}/hadrill-{target.drill}.filler"
    kind = f"$(stat --file-system --format %T {target.data})"
    return Fault(
        "disk-full",
        CRASH,
        inject=(
            f"{runs(target.unit)} && {mark_running(target, target.unit)} && ! [ -e {filler} ]"
            f" && {mark(target, 'filled')} || exit 1;"
            f" fallocate -l $(df --output=avail -B1 {target.data} | tail -1) {filler} 2>/dev/null;"
            # Who still wrote when it is healed would keep the room of the file that is removed.
            f" timeout {FILL_SECONDS} dd if=/dev/zero of={filler} oflag=append conv=notrunc bs=64k status=none"
            " 2>/dev/null; :"
        ),
        proof=f"[ $(df --output=avail -B1 {target.data} | tail -1) -lt 65536 ] && df {target.data} | tail -1",
        heal=in_turn(where_marked(target, "filled", f"rm -f {filler}"), start_marked(target)),
        available=(
            f'case {kind} in overlayfs|nfs*|UNKNOWN) echo "{target.data} lies on {kind}, which it shares with others";'
            f" exit 1;; esac; [ $(df --output=avail -B1 {target.data} | tail -1) -lt 107374182400 ]"
            f" || {{ echo 'more than 100 GiB would have to be filled'; exit 1; }}; {runs(target.unit)}"
        ),
    )
