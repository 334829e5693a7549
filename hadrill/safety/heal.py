"""Undoes what drills left, from the journals on this computer and on the hosts. Twice is the same as once."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from hadrill.faults.power import PowerError, driver
from hadrill.inventory import Host, Inventory, read
from hadrill.remote import Remote, RemoteError, UnreachableError, shell
from hadrill.safety.journal import Entry, entries, entries_of
from hadrill.safety.lease import release
from hadrill.safety.on_target import ROOT, disarm_and_heal, left_on
from hadrill.timing import Deadline, OverdueError, eventually

BOOT_SECONDS = 120.0


def heal_entry(remote: Remote, inventory: Inventory, entry: Entry) -> str:
    """Undo one entry's fault; its lease and the entry stay. Returns what went wrong."""
    host = inventory.host(entry.host)
    try:
        if entry.power:
            driver(inventory).on(host)
            eventually(f"SSH on {host}", lambda: _silent(remote, host), Deadline(BOOT_SECONDS))
        disarm_and_heal(remote, host, entry.drill)
    except (RemoteError, PowerError, OverdueError) as error:
        return f"{entry.host}: {entry.fault} of drill {entry.drill} is not undone: {error}"
    return ""


def _release_leases(remote: Remote, inventory: Inventory, entry: Entry) -> None:
    """Give back a drill's lease wherever a host answers; elsewhere it ends by itself."""
    remote.everywhere([inventory.host(name) for name in entry.leased], lambda host: release(remote, host, entry.drill))


def heal_entries(left: Iterable[Entry]) -> tuple[list[str], list[str]]:
    """Undo entries of runs that are over and give back their leases. Returns what was done and what went wrong."""
    by_inventory: dict[str, list[Entry]] = {}
    for entry in left:
        by_inventory.setdefault(entry.inventory, []).append(entry)
    done, wrong = [], []
    for folder, mine in by_inventory.items():
        inventory = read(Path(folder))
        with Remote(inventory) as remote, ThreadPoolExecutor(max_workers=len(mine)) as pool:
            for entry, problem in zip(mine, pool.map(partial(_close, remote, inventory), mine), strict=True):
                if problem:
                    wrong.append(problem)
                else:
                    done.append(f"{entry.host}: {entry.fault} of drill {entry.drill} is undone")
    return done, wrong


def _close(remote: Remote, inventory: Inventory, entry: Entry) -> str:
    """All that an entry stands for is over. Returns what went wrong; the entry stays then."""
    problem = heal_entry(remote, inventory, entry)
    _release_leases(remote, inventory, entry)
    if not problem:
        entry.remove()
    return problem


def elsewhere(folder: Path) -> list[str]:
    """What runs that are over left for other inventories than the one in `folder`, and what undoes it."""
    here = entries_of(folder)
    return [
        f"left alone, of another inventory: {entry.host}: {entry.fault} of drill {entry.drill}"
        + (
            f" (hadrill heal --inventory {entry.inventory})"
            if Path(entry.inventory).is_dir()
            else f"; {entry.inventory} is gone: remove {entry.file} when the host is well"
        )
        for entry in entries()
        if entry not in here and not entry.alive
    ]


def sweep(
    remote: Remote, inventory: Inventory, live: Iterable[str], *, everything: bool = False
) -> tuple[list[str], list[str]]:
    """Undo what lies on the hosts themselves, from runners that are gone for good; `live` drills are left alone.

    A drill whose lease is still held somewhere belongs to a runner that may live: it is left alone too, unless
    `everything` is to go.
    """
    spared = set(live) | (set() if everything else _leased(remote, inventory))
    done, wrong = [], []

    def clean(host: Host) -> list[str]:
        undone = []
        for left in left_on(remote, host):
            drill = left.removeprefix("table ")
            if drill in spared:
                continue
            disarm_and_heal(remote, host, drill)
            # It is gone already where the drill's own program had removed it.
            remote.attempt(host, shell.command("nft", "delete", "table", "inet", f"hadrill_{drill}"))
            undone.append(f"{host}: drill {drill} is undone")
        if everything and remote.run(host, f"rm -fv {ROOT}/leases/*").stdout:
            undone.append(f"{host}: its leases are given back")
        return undone

    for host, answer in remote.everywhere(inventory.managed, clean).items():
        if isinstance(answer, RemoteError):
            if not (isinstance(answer, UnreachableError) and host.name in _switched_off(inventory)):
                wrong.append(str(answer))
        else:
            done += answer
    return done, wrong


def _switched_off(inventory: Inventory) -> set[str]:
    """Hosts that a run which lives has without power at this moment, and will give it back to."""
    return {entry.host for entry in entries_of(inventory.folder) if entry.power and entry.alive}


def _leased(remote: Remote, inventory: Inventory) -> set[str]:
    program = (
        f'now=$(date +%s); for f in {ROOT}/leases/*; do [ -e "$f" ] || continue; read -r until rest < "$f";'
        ' [ "$until" -le "$now" ] || basename "$f"; done'
    )
    answers = remote.everywhere(inventory.managed, lambda host: remote.run(host, program).stdout.split())
    return {drill for answer in answers.values() if isinstance(answer, list) for drill in answer}


def _silent(remote: Remote, host: Host) -> str | None:
    try:
        remote.run(host, "true")
    except RemoteError as error:
        return str(error)
    return None
