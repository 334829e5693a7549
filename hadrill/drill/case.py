"""What a drill is asked to do, before anybody knows which host that means."""

from dataclasses import dataclass

from hadrill.faults import FAULTS, Fault, Target, all_stops, fault, stops
from hadrill.placement import processes_of
from hadrill.services import registry

ANY = ""
"""For a role or a host: it is chosen when the experiment begins."""


@dataclass(frozen=True)
class Case:
    """A fault on a host: the named one, or one in the role. With both, the host must be in that role.

    `cluster` names the service's cluster where the inventory has several.
    """

    service: str
    fault: str
    role: str = ANY
    host: str = ANY
    cluster: str = ""

    def __str__(self) -> str:
        return "-".join(part for part in (self.cluster, self.what) if part)

    @property
    def what(self) -> str:
        """The same without the cluster, beside its label."""
        return "-".join(part for part in (self.host, self.role, self.fault) if part)


def why_no_fault(name: str, service: str) -> str:
    """Why a service has no fault of that name, with the names that there are; empty where it has one."""
    process, _, verb = name.rpartition("-")
    record = registry.service(service)
    processes, components = processes_of(record), stops(record)
    if name in FAULTS or name in components or (process in processes and f"process-{verb}" in FAULTS):
        return ""
    own = [*components, *(f"{process}-{verb}" for process in processes for verb in ("term", "kill", "stop"))]
    return f"no fault {name!r} for {service}: there are {', '.join([*FAULTS, *own])}"


def fault_of(name: str, target: Target) -> Fault:
    """The fault of that name for a target; `patroni-kill` is `process-kill` of the process that the target names."""
    known = name in FAULTS or name in all_stops()
    return fault(name if known else f"process-{name.rpartition('-')[2]}", target)
