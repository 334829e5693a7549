"""Undoes what experiments left, by the journal on this computer and what lies on the hosts. It may run twice."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from hadrill.faults.power import PowerError, driver
from hadrill.inventory import Host, InvalidInventoryError, Inventory, NotInInventoryError, read
from hadrill.inventory.profile import profile_of
from hadrill.remote import Remote, RemoteError, UnreachableError, shell
from hadrill.safety.journal import Entry, entries, entries_of
from hadrill.safety.lease import release
from hadrill.safety.on_target import ROOT, disarm_and_heal, left_on
from hadrill.timing import Deadline, OverdueError, eventually

BOOT_SECONDS = 120.0


def heal_entry(remote: Remote, inventory: Inventory, entry: Entry) -> str:
    """Undo one entry's fault; its lease and the entry stay. Returns what went wrong, whatever it was; else empty."""
    try:
        host = inventory.host(entry.host)
        if entry.power and entry.made:
            driver(inventory).on(host)
            eventually(f"SSH on {host}", lambda: _why_not_answering(remote, host), Deadline(BOOT_SECONDS))
        disarm_and_heal(remote, host, entry.experiment)
    except NotInInventoryError:
        return _not_undone(entry, _where_it_is(entry))
    except (RemoteError, PowerError, OverdueError) as error:
        return _not_undone(entry, str(error))
    except Exception as error:  # noqa: BLE001 - a bug of ours must not hide that this host is still broken
        return _not_undone(entry, f"{type(error).__name__}: {error}")
    return ""


def _not_undone(entry: Entry, why: str) -> str:
    return f"{entry.host}: {entry.what} of drill {entry.experiment} is not undone: {why}"


def _where_it_is(entry: Entry) -> str:
    """What to do about an entry whose host is not among the hosts of the profile."""
    profile = profile_of(Path(entry.inventory), entry.host)
    if profile is None:
        servers = Path(entry.inventory) / "servers.tsv"
        return f"{servers} has no such host (any more): put it back, or remove {entry.file} when the host is well"
    command = f"hadrill heal --inventory {entry.inventory} --profile {profile}"
    return f"its profile is {profile}, which is left out here: `{command}` when it has power"


def _release_leases(remote: Remote, inventory: Inventory, entry: Entry) -> None:
    """Give back an experiment's lease wherever a host answers; elsewhere it ends by itself."""
    hosts = [host for host in inventory.hosts if host.name in entry.leased]
    remote.everywhere(hosts, lambda host: release(remote, host, entry.experiment))


def heal_entries(left: Iterable[Entry], profile: str | None = None) -> tuple[list[str], list[str]]:
    """Undo entries of runs that are over and give back their leases. Returns what was done and what went wrong.

    Hosts are those of the profile; without one, those that the inventory's folder says.
    """
    by_inventory: dict[str, list[Entry]] = {}
    for entry in left:
        by_inventory.setdefault(entry.inventory, []).append(entry)
    done: list[str] = []
    wrong: list[str] = []
    for folder, mine in by_inventory.items():
        try:
            inventory = read(Path(folder), profile)
        except InvalidInventoryError as error:
            wrong += [_not_undone(entry, "; ".join(map(str, error.problems))) for entry in mine]
            continue
        with Remote(inventory) as remote, ThreadPoolExecutor(max_workers=len(mine)) as pool:
            for entry, problem in zip(mine, pool.map(partial(_close, remote, inventory), mine), strict=True):
                if problem:
                    wrong.append(problem)
                else:
                    done.append(f"{entry.host}: {entry.what} of drill {entry.experiment} is undone")
    return done, wrong


def _close(remote: Remote, inventory: Inventory, entry: Entry) -> str:
    """Undo an entry's fault, give back its lease and remove it. Returns what went wrong; then the entry stays."""
    problem = heal_entry(remote, inventory, entry)
    _release_leases(remote, inventory, entry)
    if not problem:
        entry.remove()
    return problem


def elsewhere(folder: Path) -> list[str]:
    """What runs that are over left for other inventories than the one in `folder`, and what undoes it."""
    here = entries_of(folder)
    return [
        f"left alone, of another inventory: {entry.host}: {entry.what} of drill {entry.experiment}"
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
    """Undo what runners that are gone for good left on the hosts; `live` experiments are left alone.

    An experiment whose lease is still held somewhere belongs to a runner that may live: it is left alone too, unless
    `everything` is to go. Returns what was done and what went wrong.
    """
    lying = remote.everywhere(inventory.managed, lambda host: left_on(remote, host))
    # Leases are asked for last: what had begun by then is leased, and what began since is not on the list.
    spared = set(live) | (set() if everything else _leased(remote, inventory))
    done, wrong = [], []

    def clean(host: Host) -> list[str]:
        undone = []
        for experiment in theirs[host]:
            disarm_and_heal(remote, host, experiment)
            # It is gone already where the experiment's own program had removed it.
            remote.attempt(host, shell.command("nft", "delete", "table", "inet", f"hadrill_{experiment}"))
            undone.append(f"{host}: drill {experiment} is undone")
        if everything and remote.run(host, f"rm -fv {ROOT}/leases/*").stdout:
            undone.append(f"{host}: its leases are given back")
        return undone

    theirs: dict[Host, list[str]] = {}
    for host, left in lying.items():
        if isinstance(left, RemoteError):
            if not (isinstance(left, UnreachableError) and host.name in _switched_off(inventory)):
                wrong.append(str(left))
            continue
        names = [name for name in dict.fromkeys(line.removeprefix("table ") for line in left) if name not in spared]
        if names or everything:
            theirs[host] = names
    for answer in remote.everywhere(theirs, clean).values():
        if isinstance(answer, RemoteError):
            wrong.append(str(answer))
        else:
            done += answer
    return done, wrong


def _switched_off(inventory: Inventory) -> set[str]:
    """Hosts that a running experiment of this computer has switched off for now, and will switch on again."""
    return {entry.host for entry in entries_of(inventory.folder) if entry.power and entry.made and entry.alive}


def _leased(remote: Remote, inventory: Inventory) -> set[str]:
    """Experiments whose lease on some host has not ended."""
    program = (
        f'now=$(date +%s); for f in {ROOT}/leases/*; do [ -e "$f" ] || continue; read -r until rest < "$f";'
        ' [ "$until" -le "$now" ] || basename "$f"; done'
    )
    answers = remote.everywhere(inventory.managed, lambda host: remote.run(host, program).stdout.split())
    return {experiment for answer in answers.values() if isinstance(answer, list) for experiment in answer}


def _why_not_answering(remote: Remote, host: Host) -> str | None:
    try:
        remote.run(host, "true")
    except RemoteError as error:
        return str(error)
    return None
