"""Removing machines and their network, however they ended: Docker may be behind where many ended at once."""

import json

from hadrill.lab.docker import LabError, docker
from hadrill.lab.progress import say
from hadrill.timing import Deadline, OverdueError, eventually

GONE_SECONDS = 120.0
"""How long Docker may take to notice that machines have ended, and to forget them."""


def destroy(names: list[str]) -> None:
    """Throw machines and their disks away. Raises LabError with what Docker says of those that stay.

    A removal fails while Docker waits for the end of what has ended, and while another removal is under way.
    """

    def why_not_gone() -> str | None:
        there = [name for name in names if name in _containers()]
        return _refusal("rm", "--force", "--volumes", *there) if there else None

    try:
        eventually(f"{len(names)} machines to be removed", why_not_gone, Deadline(GONE_SECONDS))
    except OverdueError as error:
        raise LabError(f"{error}\nIf it stays so, Docker must start anew: `systemctl restart docker`") from error


def remove_network(name: str) -> None:
    """Remove a network without machines. Raises LabError with what is in it.

    Docker refuses while a machine that ended still has its endpoint. Those without a machine are taken out by force.
    """

    def why_not_gone() -> str | None:
        if name not in docker("network", "ls", "--format", "{{.Name}}").split():
            return None
        reason = _refusal("network", "rm", name)
        if reason is None:
            return None
        inside, there = _endpoints(name), _containers()
        if strangers := [endpoint for endpoint in inside if endpoint in there]:
            remedy = f"`docker network disconnect {name} {strangers[0]}`"
            raise LabError(
                f"{', '.join(strangers)} is in the lab's network and no machine of it: {remedy}, or remove it"
            )
        for endpoint in inside:
            # By its name: Docker knows no other word for an endpoint without a container.
            _refusal("network", "disconnect", "--force", name, endpoint)
        return reason

    try:
        eventually(f"Docker's network {name} to be removed", why_not_gone, Deadline(GONE_SECONDS))
    except OverdueError as error:
        if inside := _endpoints(name):
            raise LabError(f"{error}\nStill in it: {', '.join(inside)}. `systemctl restart docker` frees it") from error
        say(f"Docker keeps the network {name} until it starts anew, with nothing in it; the next lab can use it")


def _refusal(*arguments: str) -> str | None:
    """None where Docker did it, otherwise what it said."""
    try:
        docker(*arguments)
    except LabError as error:
        return str(error)
    return None


def _containers() -> set[str]:
    return set(docker("ps", "--all", "--format", "{{.Names}}").split())


def _endpoints(network: str) -> list[str]:
    """The containers of a network's endpoints, whether they are still there or not."""
    return sorted(end["Name"] for end in json.loads(docker("network", "inspect", network))[0]["Containers"].values())
