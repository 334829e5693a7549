"""Is the meter right? Blackouts of a known length at the load balancer, measured as any outage."""

import subprocess
import threading
import time
import uuid

import pytest

from hadrill.inventory import Inventory
from hadrill.lab.docker import docker
from hadrill.remote import Remote
from hadrill.services.clusters import cluster_of
from hadrill.timing import Deadline, eventually
from hadrill.workload import Workload, longest_outage

# Between two operations nothing is known, at either end: a blackout is measured up to two turns too long.
RATE = 40.0
TOLERANCE = 0.05 + 1 / RATE
STEADY_SECONDS = 10.0
LAST_SECONDS = 1.0
REJECT = ("REJECT", "--reject-with", "tcp-reset")
DROP = ("DROP",)


@pytest.mark.parametrize("seconds", [0.5, 2.0, 10.0])
@pytest.mark.parametrize("how", [REJECT, DROP], ids=["reject", "drop"])
def test_a_blackout_is_measured_as_long_as_it_was(
    seconds: float, how: tuple[str, ...], lab_inventory: Inventory, ssh: Remote
) -> None:
    drill = uuid.uuid4().hex[:12]
    place = cluster_of(lab_inventory, ssh, "redis").place(drill)
    place.make()
    balancer = docker("inspect", "--format", "{{.State.Pid}}", f"{lab_inventory.settings.name}-lb-01")
    rule = ("INPUT", "-p", "tcp", "--dport", "6379", "-j", *how)
    # A pool whose operations hang comes back with their deadline; what is dropped shows in new connections only.
    lanes = [lane for lane in place.lanes if how is REJECT or lane.connection == "new"]
    with Workload(drill, lanes, RATE) as load:
        since = time.monotonic()
        eventually("a steady workload", lambda: load.why_not_steady(since), Deadline(STEADY_SECONDS))
        before = time.monotonic()
        _iptables(balancer, "-I", *rule)
        begun = time.monotonic()
        try:
            threading.Event().wait(Deadline(seconds, start=begun).left)
        finally:
            ended = time.monotonic()
            _iptables(balancer, "-D", *rule)
            after = time.monotonic()
        eventually("a steady workload", lambda: load.why_not_steady(ended), Deadline(STEADY_SECONDS))
    # The rule came and went while iptables ran: the true length lies between these.
    least, most = ended - begun, after - before
    measured = {lane.name: longest_outage(load.history.operations(lane.name), begun, ended).seconds for lane in lanes}
    place.clean()
    for lane, outage in measured.items():
        message = f"{lane}: {outage:.3f} s instead of {least:.3f} to {most:.3f} s; {measured}"
        assert least - TOLERANCE <= outage <= most + TOLERANCE, message


def _iptables(process: str, *arguments: str) -> None:
    subprocess.run(["nsenter", "--target", process, "--net", "iptables", "--wait", *arguments], check=True)
