"""Restarting members of a cluster: one at a time, and never while another one is away, where the product allows it."""

from collections.abc import Callable, Iterable, Mapping

from hadrill.install.desired import Units
from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host
from hadrill.services.asking import failures
from hadrill.services.finding import CheckFailedError
from hadrill.timing import Deadline, OverdueError, eventually

WHOLE_SECONDS = 180.0
"""Longest wait for a cluster to be whole after a change: a member may have to copy its data from another."""


def bring_up(
    site: Site, units: Mapping[Host, Units], order: Callable[[], Iterable[Host]], whole: Callable[[], None], what: str
) -> None:
    """Start what is stopped, all at once; then restart what is outdated, one member at a time, in the given order.

    The cluster is whole at the end even where nothing had to be done: after a power cut its members may still be
    starting, and what a module does next asks them. `order` is asked once the cluster is whole, as which member comes
    last may depend on who leads then; an iterator may also hand the lead over before it names the last one.
    Raises InstallError.
    """
    stopped = [host for host, of_host in units.items() if of_host.stopped]
    site.everywhere(stopped, lambda host: site.start(host, units[host].stopped))
    outdated = [host for host, of_host in units.items() if of_host.outdated]
    if not (site.check and stopped):
        until_whole(whole, f"{what} to be whole")
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

    def reason() -> str | None:
        try:
            whole()
        except CheckFailedError as error:
            return str(error)
        except failures() as error:
            return f"{type(error).__name__}: {error}"
        return None

    try:
        eventually(description, reason, Deadline(WHOLE_SECONDS))
    except OverdueError as error:
        raise InstallError(str(error)) from error
