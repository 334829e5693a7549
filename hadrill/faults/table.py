"""All faults by name: those of every service, and those that a service's record makes possible."""

from collections.abc import Callable

from hadrill.faults import container, cordon, disk, engine, network, power, process, unit
from hadrill.faults.fault import PLANNED, Fault, Target
from hadrill.services import registry
from hadrill.services.service import UNIT, Service

FAULTS: dict[str, Callable[[Target], Fault]] = {
    "power-off": power.power_off,
    "reboot": power.reboot,
    "container-stop": container.stop,
    "container-kill": container.kill,
    "container-pause": container.pause,
    "process-term": process.term,
    "process-kill": process.kill,
    "process-stop": process.stop,
    "isolate": network.isolate,
    "reject": network.reject,
    "cut-pair": network.cut_pair,
    "cut-one-way": network.cut_one_way,
    "cut-port": network.cut_port,
    "slow-link": network.slow_link,
    "disk-full": disk.full,
    "engine-stop": engine.stop,
    "cordon": cordon.cordon,
    "switchover": lambda _: Fault("switchover", PLANNED, lasts=False),
}
HOST_WIDE = (
    "power-off",
    "reboot",
    "isolate",
    "reject",
    "cut-pair",
    "cut-one-way",
    "slow-link",
    "disk-full",
    "engine-stop",
)
"""Faults that everything on the host feels, whichever component they are made for."""


def is_host_wide(name: str) -> bool:
    """Whether everything on the host feels a fault."""
    return name in HOST_WIDE


def stops(service: Service) -> dict[str, str]:
    """COMPONENT-stop of each component that is a unit of its own on the service's hosts, with the component's name.

    Left out are names that are PROCESS-stop of a process, or a fault of every service.
    """
    own = {role.name for role in service.roles}
    processes = {name for known in registry.services() for part in known.components for name in part.processes}
    return {
        f"{part.name}-stop": part.name
        for part in service.components
        if part.placement == UNIT and (not part.roles or own & set(part.roles))
        if part.name not in processes and f"{part.name}-stop" not in FAULTS
    }


def all_stops() -> dict[str, str]:
    """What stops() returns, of all services together."""
    return {name: component for known in registry.services() for name, component in stops(known).items()}


def fault(name: str, target: Target) -> Fault:
    """A fault by name; ValueError names those that exist. `patroni-kill` is process-kill of the process `patroni`."""
    if name in FAULTS:
        return FAULTS[name](target)
    if component := all_stops().get(name):
        return unit.stop(component)(target)
    known = ", ".join([*FAULTS, *all_stops()])
    raise ValueError(f"no fault {name!r}: there are {known}, and PROCESS-kill for the service's own processes")
