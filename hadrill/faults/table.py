"""All faults by name."""

from collections.abc import Callable

from hadrill.faults import container, cordon, disk, engine, network, power, process, unit
from hadrill.faults.fault import PLANNED, Fault, Target

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
    **{f"{component}-stop": unit.stop(component) for component in ("kubelet", "runtime", "api", "etcd")},
    "cordon": cordon.cordon,
    "switchover": lambda _: Fault("switchover", PLANNED, lasts=False),
}


def fault(name: str, target: Target) -> Fault:
    """A fault by name; ValueError names those that exist. `patroni-kill` is process-kill of the process `patroni`."""
    if name in FAULTS:
        return FAULTS[name](target)
    known = ", ".join(FAULTS)
    raise ValueError(f"no fault {name!r}: there are {known}, and PROCESS-kill for the service's own processes")
