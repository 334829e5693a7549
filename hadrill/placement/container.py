"""A component in a container of its own, which docker or podman starts again by its restart policy."""

import math
from dataclasses import dataclass
from typing import ClassVar

from hadrill.placement.marks import Marks
from hadrill.placement.placement import Placement
from hadrill.remote.shell import command

ENGINE = 'command -v docker >/dev/null || docker() { podman "$@"; }'
"""Calls podman where there is no docker: it takes the same commands."""
RUNNING, PAUSED, POLICY = "running-container", "paused", "restart-policy"
BACKOFF_SECONDS = 0.1
"""Docker's first pause before it starts a container again; podman has none."""


def inspected(container: str, field: str) -> str:
    """Shell text that stands for a field of a container; empty where there is no such container."""
    return f"$(docker inspect --type container --format '{{{{{field}}}}}' {container} 2>/dev/null)"


@dataclass(frozen=True, kw_only=True)
class Container(Placement):
    """`container` is its name, as the engine lists it."""

    container: str

    supervisor: ClassVar[str] = "its engine"

    @property
    def runs(self) -> str:
        """Succeeds where the container runs, and can be started again once it has ended."""
        kept = f"[ {inspected(self.container, '.HostConfig.AutoRemove')} != true ]"
        return (
            f"{ENGINE}; {running(self.container)}"
            f" && {{ {kept} || {{ echo 'its container {self.container} removes itself when it ends'; false; }}; }}"
        )

    def is_gone(self, marks: Marks) -> str:
        """Succeeds where the container has ended, or is not there."""
        return f"{ENGINE}; {ended(self.container)}"

    def is_frozen(self, marks: Marks) -> str:
        """Succeeds where the container is paused."""
        return f"{ENGINE}; {paused(self.container)}"

    @property
    def start(self) -> str:
        """Start the container."""
        return f"{ENGINE}; docker start {self.container} >/dev/null"

    @property
    def stop(self) -> str:
        """Stop the container. The engine does not start again what it was told to stop."""
        return f"{ENGINE}; docker stop {self.container} >/dev/null"

    @property
    def kill(self) -> str:
        """Kill the container."""
        return f"{ENGINE}; docker kill --signal KILL {self.container} >/dev/null"

    def remember(self, marks: Marks) -> str:
        """Mark the container where it runs."""
        return f"{{ {ENGINE}; ! {running(self.container)} >/dev/null || {marks.set(RUNNING)}; }}"

    def start_again(self, marks: Marks) -> str:
        """Start the container where it ran."""
        return marks.where_set(RUNNING, self.start)

    def keep_down(self, marks: Marks) -> str:
        """Take its restart policy away. An engine that cannot do that does not restart what it was told to kill."""
        policy = inspected(self.container, ".HostConfig.RestartPolicy.Name")
        tries = inspected(self.container, ".HostConfig.RestartPolicy.MaximumRetryCount")
        return (
            f"{{ {ENGINE}; policy={policy}; tries={tries};"
            ' [ "${tries:-0}" = 0 ] || policy="$policy:$tries";'
            f" {marks.set(POLICY, '${policy:-no}')};"
            f" docker update --restart no {self.container} >/dev/null 2>&1 || rm {marks.path(POLICY)}; }}"
        )

    def let_up(self, marks: Marks) -> str:
        """Give it back its restart policy."""
        update = f"docker update --restart $(cat {marks.path(POLICY)}) {self.container} >/dev/null"
        return f"{ENGINE}; {marks.where_set(POLICY, update)}"

    def freeze(self, marks: Marks) -> str:
        """Pause the container."""
        return f"{ENGINE}; {marks.set(PAUSED)} && docker pause {self.container} >/dev/null"

    def thaw(self, marks: Marks) -> str:
        """Let the container go on, where freeze() paused it and it still is paused."""
        return f"{ENGINE}; {thaw(marks, self.container)}"

    @property
    def main_pid(self) -> str:
        """Print the number of the container's first process, as the host counts it."""
        return f"{ENGINE}; echo {inspected(self.container, '.State.Pid')}"

    @property
    def group(self) -> str:
        """Print the cgroup of its first process, from the hierarchy in which it has one of its own."""
        return "cut -d: -f3- /proc/$main/cgroup | sort | tail -1"

    def logs(self, seconds: int | None, lines: int | None, *, supervisor: bool = False) -> str:
        """Print what the engine kept of its output. The engine, its supervisor, adds nothing of its own."""
        since = "$(cut -d. -f1 /proc/uptime)s" if seconds is None else f"{seconds}s"
        tail = "" if lines is None else f" --tail {lines}"
        return f"{ENGINE}; docker logs --timestamps --since {since}{tail} {self.container} 2>&1"

    def execute(self, command: str) -> str:
        """Run a shell command in the container."""
        return f"{ENGINE}; {execute(self.container, command)}"

    @property
    def restarts(self) -> str:
        """Print its restart policy."""
        return f"{ENGINE}; echo {inspected(self.container, '.HostConfig.RestartPolicy.Name')}"

    def restarts_after(self, restarts: str) -> float:
        """The engine's first pause where it has a restart policy; infinite where it has none."""
        return math.inf if restarts.strip() in ("", "no") else BACKOFF_SECONDS

    @property
    def starts_at_boot(self) -> str:
        """Succeeds where its restart policy starts it after a reboot."""
        policy = inspected(self.container, ".HostConfig.RestartPolicy.Name")
        return f'{ENGINE}; case "{policy}" in always|unless-stopped) :;; *) false;; esac'

    @property
    def to_start(self) -> str:
        """The engine's command."""
        return f"docker start {self.container}"

    @property
    def to_restart(self) -> str:
        """The engine's command."""
        return f"docker restart {self.container}"


def running(container: str) -> str:
    """Succeeds where a container runs; otherwise fails and prints its state."""
    return (
        f'{{ state={inspected(container, ".State.Status")}; [ "$state" = running ]'
        f' || {{ echo "its container {container} does not run: ${{state:-there is none}}"; false; }}; }}'
    )


def ended(container: str) -> str:
    """Succeeds where a container has no process, or is not there."""
    return (
        f'{{ case "{inspected(container, ".State.Status")}" in'
        ' ""|exited|stopped|dead|created|configured) :;; *) false;; esac; }'
    )


def paused(container: str) -> str:
    """Succeeds where a container is paused."""
    return f'[ "{inspected(container, ".State.Status")}" = paused ]'


def thaw(marks: Marks, container: str) -> str:
    """Let a container go on that freeze() paused, where it still is paused."""
    return marks.where_set(PAUSED, f"! {paused(container)} || docker unpause {container} >/dev/null")


def execute(container: str, text: str) -> str:
    """Run a shell command in a container; it reads this program's standard input."""
    return command("docker", "exec", "-i", container, "sh", "-c", text)
