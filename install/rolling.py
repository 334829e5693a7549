"""Restarting members of a cluster: one at a time, and never while another one is away, where the product allows it."""

from collections.abc import Callable, Collection, Iterable, Mapping

from hadrill.install.desired import Units
from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host
from hadrill.services.asking import failures
from hadrill.services.finding import CheckFailedError
from hadrill.timing import Deadline, OverdueError, eventually

WHOLE_SECONDS = 180.0
"""Longest wait for a cluster to be whole after a change: a member may have to copy its data from another."""
BROKEN_SECONDS = 15.0
"""An outdated member that alone keeps its cluster from being whole for so long waits for nothing but its restart."""


def bring_up(
    site: Site, units: Mapping[Host, Units], order: Callable[[], Iterable[Host]], whole: Callable[[], None], what: str
) -> None:
    """Start what is stopped, all at once; then restart what is outdated, one member at a time, in the given order.

    The cluster is whole at the end even where nothing had to be done: after a power cut its members may still be
    starting, and what a module does next asks them. `order` is asked once the cluster is whole, as which member comes
    last may depend on who leads then; an iterator may also hand the lead over before it names the last one.

    A cluster that is not whole because of one outdated member, and of nothing else, has that member restarted first:
    all others are well, so it costs no more than in its turn. With any other in trouble nothing is restarted.
    Raises InstallError.
    """
    stopped = [host for host, of_host in units.items() if of_host.stopped]
    site.everywhere(stopped, lambda host: site.start(host, units[host].stopped))
    outdated = [host for host, of_host in units.items() if of_host.outdated]
    if not (site.check and stopped):
        while (broken := _until_whole_but_for(outdated, whole, f"{what} to be whole")) is not None:
            site.start(broken, units[broken].outdated, "restart")
            outdated.remove(broken)
            if site.check:
                break
    if site.check:
        for host in outdated:
            site.start(host, units[host].outdated, "restart")
        return
    for host in order() if outdated else ():
        if host in outdated:
            site.start(host, units[host].outdated, "restart")
            until_whole(whole, f"{what} to be whole after the restart of {host}")


def bring_up_together(site: Site, units: Mapping[Host, Units], whole: Callable[[], None], what: str) -> None:
    """Start what is stopped and restart what is outdated, all at once, and wait until the cluster is whole.

    For products whose members wait for one another until all are configured alike: one by one, the first would never
    come back. Raises InstallError.
    """
    stopped = [host for host, of_host in units.items() if of_host.stopped]
    outdated = [host for host, of_host in units.items() if of_host.outdated]
    site.everywhere(stopped, lambda host: site.start(host, units[host].stopped))
    site.everywhere(outdated, lambda host: site.start(host, units[host].outdated, "restart"))
    if not (site.check and stopped):
        until_whole(whole, f"{what} to be whole")


def until_whole(whole: Callable[[], None], description: str) -> None:
    """Wait until a check of the services holds. Raises InstallError with what it found last."""
    _until_whole_but_for((), whole, description)


def _until_whole_but_for(outdated: Collection[Host], whole: Callable[[], None], description: str) -> Host | None:
    """As until_whole(), but not for an outdated host that alone is what the check finds: that one is returned."""
    suspect: Host | None = None
    since = Deadline(BROKEN_SECONDS)

    def reason() -> str | None:
        nonlocal suspect, since
        alone: Host | None = None
        try:
            whole()
        except CheckFailedError as error:
            named = {finding.host for finding in error.findings}
            alone, why = next((host for host in outdated if named == {host.name}), None), str(error)
        except failures() as error:
            why = f"{type(error).__name__}: {error}"
        else:
            suspect = None
            return None
        if alone != suspect:
            suspect, since = alone, Deadline(BROKEN_SECONDS)
        return None if suspect is not None and since.passed else why

    try:
        eventually(description, reason, Deadline(WHOLE_SECONDS))
    except OverdueError as error:
        raise InstallError(str(error)) from error
    return suspect
