"""Checks that an inventory has everything that a schedule names: somebody may have written it by hand."""

from collections.abc import Iterator

from hadrill.chaos.schedule import SAME, Schedule, ScheduleError
from hadrill.drill.case import why_no_fault
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.clusters import CLUSTERS, cluster_of, present
from hadrill.services.member_roles import names


def possible(schedule: Schedule, inventory: Inventory) -> Schedule:
    """Return the schedule. Raises ScheduleError with everything that is wrong with it."""
    with Remote(inventory) as remote:  # nobody is asked
        problems = list(_problems(schedule, inventory, remote))
    if problems:
        raise ScheduleError("\n".join(problems))
    return schedule


def _problems(schedule: Schedule, inventory: Inventory, remote: Remote) -> Iterator[str]:
    services = [name for name in CLUSTERS if present(inventory, name)]
    hosts = {host.name for host in inventory.managed}
    for drawn in schedule.rounds:
        if drawn.service not in services:
            yield f"round {drawn.number}: no service {drawn.service!r} here: there are {', '.join(services)}"
            continue
        labels = [cluster.label for cluster in inventory.clusters_of(drawn.service)]
        if drawn.label not in labels:
            yield f"round {drawn.number}: no cluster {drawn.label!r} here: there are {', '.join(labels)}"
            continue
        roles = names(drawn.service)
        cluster = cluster_of(inventory, remote, drawn.service, drawn.cluster)
        leased = {host.name for host in (*cluster.members, *cluster.shared)}
        for step in drawn.steps:
            if problem := why_no_fault(step.fault, drawn.service):
                yield f"round {drawn.number}: {problem}"
            if step.target not in {SAME, *roles, *hosts}:
                there_are = f"name a host, {SAME!r}, or one of {', '.join(roles)}"
                yield f"round {drawn.number}: no target {step.target!r}: {there_are}"
            elif step.target in hosts - leased:
                # The round leases its own cluster's hosts: whoever drills the other one would not know.
                own = f"a round breaks its own hosts alone: {', '.join(sorted(leased))}"
                yield f"round {drawn.number}: {step.target} is no host of {drawn.label}: {own}"
