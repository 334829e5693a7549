"""A component in a container of its own, which docker or podman starts again by its restart policy."""

import math
from dataclasses import dataclass
from typing import ClassVar

from hadrill.placement.marks import Marks
from hadrill.placement.placement import Placement
from hadrill.remote.shell import command

ENGINE = 'command -v docker >/dev/null || docker() { podman "$@"; }'
"""Podman takes the same words."""
RUNNING, PAUSED, POLICY = "running-container", "paused", "restart-policy"
BACKOFF_SECONDS = 0.1
"""Docker's first pause before it starts a container again; podman has none."""


def inspected(container: str, field: str) -> str:
    """A field of a container, for the shell; empty where there is no container."""
    return f"$(docker inspect --type container --format '{{{{{field}}}}}' {container} 2>/dev/null)"


@dataclass(frozen=True, kw_only=True)
class Container(Placement):
    """`container` is its name, as the engine lists it."""

    container: str

    supervisor: ClassVar[str] = "its engine"

    @property
    def runs(self) -> str:
        """Running, and such that it can be started again once it has ended."""
        kept = f"[ {inspected(self.container, '.HostConfig.AutoRemove')} != true ]"
        return (
            f"{ENGINE}; {running(self.container)}"
            f" && {{ {kept} || {{ echo 'its container {self.container} removes itself when it ends'; false; }}; }}"
        )

    def is_gone(self, marks: Marks) -> str:
        """The container has ended, or is not there."""
        return f"{ENGINE}; {ended(self.container)}"

    def is_frozen(self, marks: Marks) -> str:
        """Paused."""
        return f"{ENGINE}; {paused(self.container)}"

    @property
    def start(self) -> str:
        """By the engine."""
        return f"{ENGINE}; docker start {self.container} >/dev/null"

    @property
    def stop(self) -> str:
        """By the engine, which starts no container again that it was told to stop."""
        return f"{ENGINE}; docker stop {self.container} >/dev/null"

    @property
    def kill(self) -> str:
        """By the engine."""
        return f"{ENGINE}; docker kill --signal KILL {self.container} >/dev/null"

    def remember(self, marks: Marks) -> str:
        """Whether it runs."""
        return f"{{ {ENGINE}; ! {running(self.container)} >/dev/null || {marks.set(RUNNING)}; }}"

    def start_again(self, marks: Marks) -> str:
        """Where it ran."""
        return marks.where_set(RUNNING, self.start)

    def keep_down(self, marks: Marks) -> str:
        """Its restart policy is taken away. An engine that cannot change it leaves alone what it was told to kill."""
        policy = inspected(self.container, ".HostConfig.RestartPolicy.Name")
        tries = inspected(self.container, ".HostConfig.RestartPolicy.MaximumRetryCount")
        return (
            f"{{ {ENGINE}; policy={policy}; tries={tries};"
            ' [ "${tries:-0}" = 0 ] || policy="$policy:$tries";'
            f" {marks.set(POLICY, '${policy:-no}')};"
            f" docker update --restart no {self.container} >/dev/null 2>&1 || rm {marks.path(POLICY)}; }}"
        )

    def let_up(self, marks: Marks) -> str:
        """Its policy as it was."""
        update = f"docker update --restart $(cat {marks.path(POLICY)}) {self.container} >/dev/null"
        return f"{ENGINE}; {marks.where_set(POLICY, update)}"

    def freeze(self, marks: Marks) -> str:
        """By the engine."""
        return f"{ENGINE}; {marks.set(PAUSED)} && docker pause {self.container} >/dev/null"

    def thaw(self, marks: Marks) -> str:
        """Where it was paused here, and still is."""
        return f"{ENGINE}; {thaw(marks, self.container)}"

    @property
    def main_pid(self) -> str:
        """The container's first process, as the host numbers it."""
        return f"{ENGINE}; echo {inspected(self.container, '.State.Pid')}"

    @property
    def group(self) -> str:
        """That of its first process, in the hierarchy where it has one of its own."""
        return "cut -d: -f3- /proc/$main/cgroup | sort | tail -1"

    def logs(self, seconds: int | None, lines: int | None, *, supervisor: bool = False) -> str:
        """From the engine. Its supervisor is the engine, which says nothing more."""
        since = "$(cut -d. -f1 /proc/uptime)s" if seconds is None else f"{seconds}s"
        tail = "" if lines is None else f" --tail {lines}"
        return f"{ENGINE}; docker logs --timestamps --since {since}{tail} {self.container} 2>&1"

    def execute(self, command: str) -> str:
        """In the container."""
        return f"{ENGINE}; {execute(self.container, command)}"

    @property
    def restarts(self) -> str:
        """Its policy."""
        return f"{ENGINE}; echo {inspected(self.container, '.HostConfig.RestartPolicy.Name')}"

    def restarts_after(self, said: str) -> float:
        """At once, where it has a policy."""
        return math.inf if said.strip() in ("", "no") else BACKOFF_SECONDS

    @property
    def starts_at_boot(self) -> str:
        """By its policy."""
        policy = inspected(self.container, ".HostConfig.RestartPolicy.Name")
        return f'{ENGINE}; case "{policy}" in always|unless-stopped) :;; *) false;; esac'

    @property
    def to_start(self) -> str:
        """By the engine."""
        return f"docker start {self.container}"

    @property
    def to_restart(self) -> str:
        """By the engine."""
        return f"docker restart {self.container}"


def running(container: str) -> str:
    """Succeeds where a container runs; otherwise fails, and says how it is."""
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
    """Let a container go on that freeze() paused, where it still is."""
    return marks.where_set(PAUSED, f"! {paused(container)} || docker unpause {container} >/dev/null")


def execute(container: str, text: str) -> str:
    """Run a shell command in a container; it has this program's input."""
    return command("docker", "exec", "-i", container, "sh", "-c", text)
