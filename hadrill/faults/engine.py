"""The container engine is stopped."""

from hadrill.faults.fault import STOP, Fault, Target


def stop(target: Target) -> Fault:
    """Docker ends, and with it every container that it was not told to keep alive."""
    return Fault(
        "engine-stop",
        STOP,
        inject="systemctl stop docker.socket docker.service",
        proof="! systemctl is-active --quiet docker.service && echo 'docker.service is stopped'",
        heal=f"systemctl start docker.socket docker.service; systemctl start {target.unit}",
        available=(
            "systemctl is-active --quiet docker.service"
            " || { echo 'no docker.service runs: podman has no daemon that could be stopped'; false; }"
        ),
        ends=True,
    )
