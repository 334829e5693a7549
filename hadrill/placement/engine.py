"""The container engine of a host, and what it says of all containers at once."""

import json
from typing import Any

from hadrill.placement import unit
from hadrill.placement.marks import Marks, in_turn

NAMES = ("docker", "podman")
"""Programs of the engines that are known; each may answer to the other's name too."""
MONITOR = "conmon"
"""podman's program beside each container."""
DEVICES = ("docker", "br-", "podman", "cni", "veth", "flannel", "cali")
"""How the network devices begin that engines and Kubernetes make for containers."""
UNITS = ("docker.socket", "docker.service")
ANSWERS = "docker version --format '{{.Client.Version}}'"
"""Prints the engine's version; fails where there is none."""
LISTED = "docker ps --format json"
"""Prints what images() reads."""
IDS = ("docker", "ps", "--quiet")
MAIN_PIDS = ("docker", "inspect", "--format", "{{.Name}} {{.State.Pid}}")
"""With ids of containers after it: prints each container's name and the number of its first process."""
RUNS = (
    "{ systemctl is-active --quiet docker.service"
    " || { echo 'no docker.service runs: podman has no daemon that could be stopped'; false; }; }"
)
IS_GONE = "! systemctl is-active --quiet docker.service && echo 'docker.service is stopped'"
STOP = f"systemctl stop {' '.join(UNITS)}"
CONTAINERS, ENGINE = "containers", "engine"
_GONE = '{ there=$(docker ps --all --quiet --no-trunc) && case "$there" in *$c*) false;; esac; }'
"""Succeeds where there is no container `$c` any more."""


def remember(marks: Marks) -> str:
    """Mark that the engine runs, and the containers that run: its owner's other ones end with it too."""
    return (
        f"{unit.remember(marks, *UNITS, mark=ENGINE)} && running=$(docker ps --quiet --no-trunc)"
        f" && {marks.set(CONTAINERS, '$running')}"
    )


def start_again(marks: Marks) -> str:
    """Start the engine and the units that need it; then the containers that ran and that it does not start by itself.

    A container that its owner has removed since then is passed over. Fails where another one does not start, or the
    engine cannot be asked about it.
    """
    ended = (
        f"down=; for c in $(cat {marks.path(CONTAINERS)}); do"
        " state=$(docker inspect --format '{{.State.Status}}' $c 2>/dev/null);"
        ' case "$state" in "") false;; exited) docker start $c >/dev/null;; esac'
        f' || {_GONE} || {{ echo "container $c stays down" >&2; down=1; }}; done; [ -z "$down" ]'
    )
    return in_turn(unit.start_again(marks, ENGINE), marks.where_set(CONTAINERS, ended))


def images(listed: str) -> dict[str, str]:
    """The image of each running container, by the container's name. `listed` is what LISTED printed."""
    return {_name(row): row["Image"] for row in _rows(listed)}


def _rows(listed: str) -> list[dict[str, Any]]:
    """Docker writes one object a line, podman one list."""
    if listed.lstrip().startswith("["):
        rows: list[dict[str, Any]] = json.loads(listed)
        return rows
    return [json.loads(line) for line in listed.splitlines() if line]


def _name(row: dict[str, Any]) -> str:
    names = row["Names"]
    return str(names[0] if isinstance(names, list) else names)
