"""Misconfigurations of Redis and Sentinel, by the name of the cause that must be found."""

from collections.abc import Callable, Iterable

from hadrill.inventory import Host
from hadrill.services.redis.service import Redis
from tests.selftest.sabotage.bench import Disturbance, Sabotage, cut_port, everywhere, stopped

CONF = "/var/lib/hadrill/sentinel/sentinel.conf"
RESTART = "systemctl restart hadrill-sentinel"
GHOST = "198.18.0.199"
LISTENS_SECONDS = 10
# The password is read where it lies: it must not be seen in a list of processes.
PASSWORD = "$(sed -n 's/^requirepass //p' /etc/hadrill/redis/redis.conf)"


def redis_cli(*commands: str) -> str:
    """Commands for the Redis of a host, over standard input."""
    return _cli("redis", f'AUTH "{PASSWORD}"', *commands)


def sentinel_cli(*commands: str) -> str:
    """Commands for the Sentinel of a host."""
    return _cli("sentinel -p 26379", *commands)


def _cli(where: str, *commands: str) -> str:
    container, _, port = where.partition(" ")
    lines = "\n".join(commands)
    # What was started a moment ago does not listen yet.
    answers = f"docker exec {container} redis-cli {port} PING > /dev/null 2>&1"
    wait = f"timeout {LISTENS_SECONDS} sh -c 'until {answers}; do sleep 0.05; done'"
    program = f"docker exec -i {container} redis-cli {port} <<END\n{lines}\nEND\n"
    return f'{wait} && said=$({program}) || exit 1; case "$said" in *ERR*|*WRONG*) echo "$said" >&2; exit 1;; esac'


def protected_mode_sentinel(service: Redis) -> Sabotage:
    """Nobody closed the ports, so protected mode does."""
    apply = f"sed -i '/^protected-mode/d' {CONF}; echo 'protected-mode yes' >> {CONF}; {RESTART}"
    undo = f"sed -i '/^protected-mode/d' {CONF}; echo 'protected-mode no' >> {CONF}; {RESTART}"
    return Sabotage("protected-mode-sentinel", everywhere(service.members, apply, undo), fails="sentinel")


def protected_mode_redis(service: Redis) -> Sabotage:
    """Replicas without a password refuse other hosts."""
    apply = redis_cli("CONFIG SET protected-mode yes", 'CONFIG SET requirepass ""')
    # Nothing was rewritten: the configuration on the disk is whole.
    return Sabotage(
        "protected-mode-redis",
        everywhere(_replicas(service), apply, "systemctl restart hadrill-redis"),
        fails="replication",
    )


def port_filtered(service: Redis) -> Sabotage:
    """One Sentinel's port is closed to its peers."""
    # Its peers miss it after down-after only.
    step = cut_port(service.members[-1], service.members, 26379)
    return Sabotage("port-filtered", (step,), fails="sentinel", late=True)


def quorum(service: Redis) -> Sabotage:
    """Three of three must agree, and one is gone."""
    name = service.settings.master_name
    steps = everywhere(
        service.members,
        sentinel_cli(f"SENTINEL SET {name} quorum 3"),
        sentinel_cli(f"SENTINEL SET {name} quorum {service.settings.quorum}"),
    )
    gone = Disturbance(service.members[-1], "systemctl stop hadrill-sentinel", "systemctl start hadrill-sentinel")
    return Sabotage("quorum-too-high", (*steps, gone), fails="sentinel")


def auth_pass(service: Redis) -> Sabotage:
    """The password was changed on Redis only."""
    name = service.settings.master_name
    right = sentinel_cli(f'SENTINEL SET {name} auth-pass "{PASSWORD}"')
    return Sabotage(
        "auth-pass-wrong",
        everywhere(service.members, sentinel_cli(f"SENTINEL SET {name} auth-pass not-it"), right),
        fails="sentinel",
    )


def masterauth(service: Redis) -> Sabotage:
    """A replica may not log in to its master."""
    apply = redis_cli("CONFIG SET masterauth not-it", "CLIENT KILL TYPE master")
    undo = redis_cli(f'CONFIG SET masterauth "{PASSWORD}"')
    return Sabotage("masterauth-wrong", (Disturbance(_replicas(service)[0], apply, undo),), fails="replication")


def priority(service: Redis) -> Sabotage:
    """Nobody may be promoted."""
    return no_candidate(service.members)


def no_candidate(replicas: Iterable[Host]) -> Sabotage:
    """None of these may be promoted."""
    apply, undo = redis_cli("CONFIG SET replica-priority 0"), redis_cli("CONFIG SET replica-priority 100")
    return Sabotage("replica-priority-zero", everywhere(replicas, apply, undo))


def stale_sentinels(service: Redis) -> Sabotage:
    """Sentinels that never existed said hello."""
    name, master = service.settings.master_name, _master(service)
    epoch = service.sentinel_master(service.members[0])["config-epoch"]
    ghosts = [
        f"{GHOST},{port},{port:040x},{epoch},{name},{master.address},6379,{epoch}" for port in range(26390, 26393)
    ]
    hello = redis_cli(*(f'PUBLISH __sentinel__:hello "{ghost}"' for ghost in ghosts))
    forget = everywhere(service.members, ":", sentinel_cli(f"SENTINEL RESET {name}"))
    return Sabotage("stale-sentinels", (*forget, Disturbance(master, hello, ":")), fails="sentinel")


def same_id(service: Redis) -> Sabotage:
    """A host was copied with its Sentinel's configuration."""
    apply = f"sed -i 's/^sentinel myid .*/sentinel myid {'a' * 40}/' {CONF}; {RESTART}"
    undo = f"sed -i '/^sentinel myid /d; /^sentinel known-sentinel /d' {CONF}; {RESTART}"
    return Sabotage("same-myid", everywhere(service.members, apply, undo))


def all_replicas(service: Redis) -> Sabotage:
    """A start script made every node a replica."""
    master, replica = _master(service), _replicas(service)[0]
    apply = redis_cli(f"REPLICAOF {replica.address} 6379")
    return Sabotage("all-replicas", (Disturbance(master, apply, redis_cli("REPLICAOF NO ONE")),), fails="replication")


def not_writable(service: Redis) -> Sabotage:
    """Sentinel cannot write down what it learned, and ends."""
    host = service.members[-1]
    steps = Disturbance(host, f"chattr +i {CONF}; {RESTART}", f"chattr -i {CONF}; {RESTART}")
    return Sabotage("sentinel-config-not-writable", (steps,), fails="sentinel")


def updater_stopped(service: Redis) -> Sabotage:
    """Nobody tells the proxies who is the master."""
    units = "redis-update-master.timer redis-update-master.socket"
    return Sabotage(
        "proxy-not-updated", everywhere(service.proxies, f"systemctl stop {units}", f"systemctl start {units}")
    )


def redis_stopped(service: Redis) -> Sabotage:
    """A replica was stopped and forgotten."""
    return Sabotage("redis-stopped", (stopped(_replicas(service)[0], "hadrill-redis"),), fails="replication")


def sentinel_stopped(service: Redis) -> Sabotage:
    """A Sentinel was stopped and forgotten."""
    return Sabotage("sentinel-stopped", (stopped(service.members[-1], "hadrill-sentinel"),), fails="sentinel")


def tilt(service: Redis) -> Sabotage:
    """Its host stood still for a moment, as in a live migration."""
    apply = "docker pause sentinel > /dev/null; sleep 3; docker unpause sentinel > /dev/null"
    undo = "docker unpause sentinel > /dev/null 2>&1 || :"
    return Sabotage("tilt", (Disturbance(service.members[-1], apply, undo),), fails="sentinel")


def single_proxy(service: Redis) -> Sabotage:
    """A proxy was stopped and forgotten."""
    return Sabotage("single-proxy", (stopped(service.proxies[-1], "hadrill-haproxy"),), fails="connectivity")


def _master(service: Redis) -> Host:
    return next(host for host in service.members if service.role(host)[0] == "master")


def _replicas(service: Redis) -> list[Host]:
    return [host for host in service.members if service.role(host)[0] == "slave"]


CASES: dict[str, Callable[[Redis], Sabotage]] = {
    case.__name__: case
    for case in (
        protected_mode_sentinel,
        protected_mode_redis,
        port_filtered,
        quorum,
        auth_pass,
        masterauth,
        priority,
        stale_sentinels,
        same_id,
        all_replicas,
        not_writable,
        updater_stopped,
        redis_stopped,
        sentinel_stopped,
        tilt,
        single_proxy,
    )
}
