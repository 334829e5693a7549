"""A full disk under the data directory."""

from hadrill.faults.fault import CRASH, Fault, Target, unavailable
from hadrill.placement.marks import all_of, in_turn
from hadrill.remote import shell

FILL_SECONDS = 45
MOST_BYTES = 100 << 30
NEXT_TO_NOTHING = 64 << 10


def full(target: Target) -> Fault:
    """Fills the disk with a file. Refused where the disk is not the host's own: others would be hit too."""
    its, marks = target.placement, target.marks
    if not its.data:
        return unavailable("disk-full", CRASH, f"{its.name} has no data of its own")
    folder, filler = shell.word(its.data), shell.word(f"{its.data}/hadrill-{target.experiment}.filler")
    room = f"$(df --output=avail -B1 {folder} | tail -1)"
    # The writer ends by itself: one that still had the file open would keep its room after healing removed it.
    write = f"timeout {FILL_SECONDS} dd if=/dev/zero of={filler} oflag=append conv=notrunc bs=64k status=none"
    fill = f"fallocate -l {room} {filler} 2>/dev/null; {write} 2>/dev/null; :"
    own_disk = (
        f"kind=$(stat --file-system --format %T {folder}); case $kind in overlayfs|nfs*|UNKNOWN)"
        f' echo "{its.data} lies on $kind, which it shares with others"; false;; esac'
    )
    too_much = f"more than {MOST_BYTES >> 30} GiB would have to be filled"
    small = f"[ {room} -lt {MOST_BYTES} ] || {{ echo '{too_much}'; false; }}"
    return Fault(
        "disk-full",
        CRASH,
        inject=all_of(its.runs, its.remember(marks), f"! [ -e {filler} ]", marks.set("filled"), fill),
        proof=f"[ {room} -lt {NEXT_TO_NOTHING} ] && df {folder} | tail -1",
        heal=in_turn(marks.where_set("filled", f"rm -f {filler}"), its.start_again(marks)),
        available=all_of(own_disk, small, its.runs),
    )
