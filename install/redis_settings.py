"""What Redis and Sentinel run with, compared with what is wanted: a process may be told otherwise after its start.

Wanted is what redis.conf says, and else what the image's own Redis takes by itself. What is set at run time lives on
in the process, and for good where Redis writes it down (CONFIG REWRITE, as Sentinel has it do at each failover).
"""

from collections.abc import Mapping

import redis

from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host
from hadrill.remote import shell
from hadrill.services.redis.service import SENTINEL_PORT, Redis

# Asks the image's Redis, started without a file, for everything that it can be set to: name and value on a line each.
DEFAULTS = """
cd /tmp
redis-server --port 0 --unixsocket /tmp/defaults.sock > /dev/null &
for n in $(seq 50); do
    redis-cli -s /tmp/defaults.sock PING > /dev/null 2>&1 && break
    sleep 0.1
done
redis-cli -s /tmp/defaults.sock CONFIG GET '*'
"""
ASK_SECONDS = 120.0
"""It may have to fetch the image first."""

OWN = frozenset({"replicaof", "unixsocket", "pidfile", "logfile", "maxclients"})
"""Not compared: Sentinel says whom a member follows, and the others depend on where it runs."""
SECRETS = frozenset({"requirepass", "masterauth"})


def written(configuration: str) -> dict[str, str]:
    """The settings of a redis.conf, by name."""
    lines = [line.strip() for line in configuration.splitlines()]
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in lines if line and not line.startswith("#")}


def defaults(site: Site, host: Host) -> dict[str, str]:
    """What the image's Redis is set to without a file, asked of it on a host."""
    pull = "never" if site.check else "missing"
    run = ("docker", "run", "--rm", f"--pull={pull}", "--network=none", "--entrypoint=sh")
    command = shell.command(*run, site.inventory.image("redis"), "-c", DEFAULTS)
    lines = site.remote.run(host, command, seconds=ASK_SECONDS).stdout.split("\n")[:-1]
    if not lines or len(lines) % 2:
        raise InstallError(f"{host}: {site.inventory.image('redis')} does not tell its defaults: {lines[-1:]}")
    return dict(zip(lines[::2], lines[1::2], strict=True))


def differences(desired: Mapping[str, str], live: Mapping[str, str]) -> dict[str, str]:
    """The desired values of settings that differ now. Old names of the same settings are left out."""
    return {
        name: value
        for name, value in desired.items()
        if name not in OWN and "slave" not in name and live.get(name, value) != value
    }


def correct_redis(site: Site, service: Redis, host: Host, desired: Mapping[str, str]) -> None:
    """Set the settings of a running Redis that differ, and have Redis write them into its file."""
    with service.client(host.address) as client:
        live = client.config_get("*")
        wrong = differences(desired, live)
        for name, value in wrong.items():
            site.record(host, f"redis {name}" if name in SECRETS else f"redis {name} {live[name]!r} -> {value!r}")
        if not wrong or site.check:
            return
        refused = []
        for name, value in wrong.items():
            try:
                client.config_set(name, value)
            except redis.ResponseError as error:
                refused.append(f"{name}: {error}")
        client.config_rewrite()
    if refused:
        raise InstallError(f"{host}: Redis takes other settings at its start only, so restart it: {'; '.join(refused)}")


def correct_sentinel(site: Site, service: Redis, host: Host) -> None:
    """Do the same with the Sentinel beside it, which writes every change into its file by itself."""
    settings = service.settings
    of_master = {
        "down-after-milliseconds": settings.down_after_ms,
        "failover-timeout": settings.failover_timeout_ms,
        "quorum": settings.quorum,
        "parallel-syncs": 1,
    }
    own = {"announce-ip": host.address, "announce-port": SENTINEL_PORT, "resolve-hostnames": "no"}
    with service.client(host.address, SENTINEL_PORT) as client:
        known = service.sentinel_config(host)
        for live, desired, verb in (
            (service.sentinel_master(host), of_master, ("SET", settings.master_name)),
            (known, own, ("CONFIG", "SET")),
        ):
            for name, value in desired.items():
                if live[name] != str(value):
                    site.record(host, f"sentinel {name} {live[name]!r} -> {str(value)!r}")
                    if not site.check:
                        client.execute_command("SENTINEL", *verb, name, value)
