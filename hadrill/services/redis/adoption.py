"""Redis and Sentinel as others set them up: both keep what they know of their peers in their own files."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from hadrill.services.adopting import Ask, Program, Told, read
from hadrill.services.redis.record import SERVICE

REDIS, SENTINEL = (part.name for part in SERVICE.components[:2])
REDIS_PORT, SENTINEL_PORT = (port.number for port in SERVICE.roles[0].ports)
SERVERS = ("redis-server", "valkey-server")
SENTINELS = ("redis-sentinel", "valkey-sentinel")
KNOWN = ("known-replica", "known-slave", "known-sentinel")
TIMES = {"down-after-milliseconds": "down_after_ms", "failover-timeout": "failover_timeout_ms"}
PASSWORD = (SERVICE.roles[0].name, "REDIS_PASSWORD")


class RedisAdoption:
    """Reads the files that the processes were started with, and those that these include."""

    variables = ()
    unproxied: ClassVar[Mapping[str, object]] = {}
    needs: ClassVar[Mapping[tuple[str, str], str]] = {
        PASSWORD: "the `requirepass` of redis.conf; an ACL user's is not used yet"
    }

    def component(self, program: Program) -> str:
        """Which of the two; a Sentinel says so behind its address."""
        if program.name in SENTINELS or (program.name in SERVERS and "[sentinel]" in program.command[0].split()):
            return SENTINEL
        return REDIS if program.name in SERVERS else ""

    def questions(self, program: Program, answers: Mapping[str, str]) -> Mapping[str, Ask]:
        """The files that are named on its command line, and what they include."""
        included = (rest[0] for name, rest in _directives(_text(answers)) if name == "include" and rest)
        return read(*map(program.path, (*program.files(".conf"), *included)))

    def told(self, program: Program, answers: Mapping[str, str]) -> Told:
        """Its own settings; a Sentinel knows the master, the replicas and the other Sentinels."""
        files = [path for path in map(program.path, program.files(".conf")) if path]
        directives = list(_directives(_text(answers)))
        port = next((int(rest[0]) for name, rest in directives if name == "port" and rest), 0)
        data = next((rest[0] for name, rest in directives if name == "dir" and rest), "")
        common = Told(
            configuration=files[-1] if files else "",
            data=program.path(data) if data.startswith("/") else "",
            notes=() if directives else ("none of its files could be read",),
        )
        if self.component(program) == SENTINEL:
            return replace(_of_sentinel(directives, common), ports={SENTINEL_PORT: port or SENTINEL_PORT})
        return replace(_of_redis(directives, common), ports={REDIS_PORT: port or REDIS_PORT})


def _of_redis(directives: list[tuple[str, list[str]]], common: Told) -> Told:
    one = {name: rest[0] for name, rest in directives if rest}
    password, master = one.get("requirepass", ""), one.get("replicaof") or one.get("slaveof", "")
    return replace(
        common,
        names=tuple(filter(None, [one.get("replica-announce-ip", "")])),
        peers=tuple(filter(None, [master])),
        secrets={PASSWORD: password} if password else {},
    )


def _of_sentinel(directives: list[tuple[str, list[str]]], common: Told) -> Told:
    own = [rest for name, rest in directives if name == "sentinel" and len(rest) > 2]
    monitored = [rest for rest in own if rest[0] == "monitor" and len(rest) > 4]
    if not monitored:
        return common
    name = monitored[0][1]
    known = [rest[2] for rest in own if rest[0] in KNOWN and rest[1] == name]
    values = {rest[0]: rest[2] for rest in own if rest[1] == name}
    settings: dict[str, object] = {"redis.master_name": name, "redis.quorum": int(monitored[0][4])}
    settings |= {f"redis.{setting}": int(values[key]) for key, setting in TIMES.items() if key in values}
    others = tuple(f"it monitors {rest[1]} too: say in topology.yaml which members that has" for rest in monitored[1:])
    return replace(
        common,
        cluster=name,
        peers=tuple(dict.fromkeys([monitored[0][2], *known])),
        secrets={PASSWORD: values["auth-pass"]} if "auth-pass" in values else {},
        settings=settings,
        notes=(*common.notes, *others),
    )


def _text(answers: Mapping[str, str]) -> str:
    """Every file of its that was read; what is read later counts, as it does for Redis."""
    return "\n".join(answers.values())


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                name, *rest = shlex.split(line)
            except ValueError:  # a quote without an end
                continue
            yield name.lower(), rest


ADOPTION = RedisAdoption()
