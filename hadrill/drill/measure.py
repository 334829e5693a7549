"""From a history to numbers: outages, latencies, phases, losses."""

from concurrent.futures import ThreadPoolExecutor

from hadrill.drill.result import PHASES, Result
from hadrill.services.place import Delivering, Place, Remarking
from hadrill.timing import Timeline
from hadrill.workload import FAIL, OK, UNKNOWN, Workload, latencies, longest_outage

NOTICED_SECONDS = 0.5
"""A shorter time without success happens without any fault, and is no phase of a failover."""


def measure(
    result: Result, workload: Workload, timeline: Timeline, moments: dict[str, float], since: float = 0.0
) -> None:
    """Fill in outages, latencies and phases. Seconds count from the fault's injection.

    Successes before `since` are left out: an outage that was meant to be begins only then.
    """
    history = workload.history
    injected, healed, end = moments["inject"], moments["heal"], moments["converged"]
    for lane in workload.lanes:
        operations = history.operations(lane.name)
        counted = [operation for operation in operations if operation.end >= since]
        outage = longest_outage(counted, injected, healed)
        back = longest_outage(counted, healed, end)
        result.lanes[lane.name] = {
            "outage_s": round(outage.seconds, 3),
            "return_outage_s": round(back.seconds, 3),
            "over": outage.over and back.over,
            "failed": sum(operation.outcome == FAIL for operation in operations),
            "unknown": sum(operation.outcome == UNKNOWN for operation in operations),
            "before": latencies(operation for operation in operations if operation.end < injected),
            "during": latencies(operation for operation in operations if injected <= operation.end < healed),
            "after": latencies(operation for operation in operations if operation.end >= healed),
        }
    # Where clients only read, as they do of names, reads are what an outage is.
    writes = {name: lane for name, lane in result.lanes.items() if name.startswith("write")} or result.lanes
    result.outage_s = max(lane["outage_s"] for lane in writes.values())
    result.return_outage_s = max(lane["return_outage_s"] for lane in writes.values())
    for phase in PHASES[:-1]:
        event = timeline.first(phase, injected)
        if event is not None and event.at <= healed:
            result.phases[phase] = round(event.at - injected, 3)
    worst = max(writes, key=lambda name: writes[name]["outage_s"])
    if result.outage_s > NOTICED_SECONDS:
        counted = [operation for operation in history.operations(worst) if operation.end >= since]
        client = round(max(0.0, longest_outage(counted, injected, healed).end - injected), 3)
        # Proxies are asked one after the other: a write may reach the new leader before that is noticed.
        if result.phases.get("promote", client) <= client < result.phases.get("route", 0.0):
            result.phases["route"] = client
        result.phases["client"] = client
    everything = history.operations()
    result.operations = {
        name: sum(operation.outcome == name for operation in everything) for name in (OK, FAIL, UNKNOWN)
    }
    result.unknown = history.count(UNKNOWN)
    result.acknowledged = history.count(OK)


def read_back(result: Result, place: Place, workload: Workload) -> tuple[str, ...]:
    """Compare what every reader has with what was acknowledged: a write that one lacks is lost.

    Returns a line for each member that lacks any. Raises asking.failures().
    """
    history = workload.history
    acknowledged = history.acknowledged()
    members = place.readers
    with ThreadPoolExecutor(max_workers=len(members) if place.reads_at_once else 1) as pool:
        keys = list(pool.map(lambda host: place.found(host, acknowledged, history), members))
    missing: set[str] = set()
    lacking = []
    for host, there in zip(members, keys, strict=True):
        if away := acknowledged - there:
            lacking.append(f"{host}: {len(away)} acknowledged writes are not there")
            missing |= away
    result.lost = len(missing)
    if isinstance(place, Delivering):
        result.duplicates = place.duplicates(history)
    if isinstance(place, Remarking):
        result.notes += place.remarks(history)
    if missing:
        ends = [operation.end for operation in history.operations() if operation.key in missing]
        result.loss_window_s = round(max(ends) - min(ends), 3)
    return tuple(lacking)
