"""How the causes look in the facts: each function returns the lines that show one, and none where it is not there.

Signatures come from sentinel.c of Redis 7 and 8: its flags, its counters and its log.
"""

from collections import Counter
from collections.abc import Iterator

from hadrill.services.redis.facts import RedisFacts

STALE_LINK = 10
"""A replica whose link is down for longer than so many times down-after is not promoted."""


def not_writable(view: RedisFacts) -> Iterator[str]:
    """A Sentinel that cannot write down what it learned."""
    for host in view.hosts:
        yield from view.log(host, "sentinel log", "is not writable|not able to save the new configuration")
        for line in view.answer(host, "sentinel files").text.splitlines():
            attributes, _, path = line.partition(" ")
            if path.endswith("sentinel.conf") and "i" in attributes:
                yield f"{host}: {path} is immutable ({attributes})"


def denied(kind: str, view: RedisFacts) -> Iterator[str]:
    """Who is refused by protected mode."""
    for asker, asked in view.pairs:
        answer = view.answer(asker, f"{kind}@{asked}").text
        if answer.startswith("-DENIED"):
            yield f"{asker} -> {asked}: {answer.splitlines()[0][:90]}"


def alive(view: RedisFacts, kind: str, host: str) -> bool:
    """Whether a port answers on its own host."""
    return view.answer(host, kind).is_any


def stopped(view: RedisFacts, kind: str, port: int) -> Iterator[str]:
    """Ports that answer nobody."""
    for host in view.hosts:
        if not alive(view, kind, host):
            yield f"{host}: nothing answers on port {port}, not even to {host} itself"


def none_alive(view: RedisFacts, port: int) -> Iterator[str]:
    """Ports of all members, where every one was asked and none answers: nobody can be promoted."""
    evidence = list(stopped(view, "redis", port))
    if len(evidence) == len(set(view.names) - {view.victim}):
        yield from evidence


def same_id(view: RedisFacts) -> Iterator[str]:
    """Sentinels with one identity."""
    for identity, number in Counter(sentinel.id for sentinel in view.sentinels.values()).items():
        if number > 1:
            names = [host for host, sentinel in view.sentinels.items() if sentinel.id == identity]
            yield f"{', '.join(names)} all say SENTINEL MYID {identity}"


def stale(view: RedisFacts) -> Iterator[str]:
    """Peers that are remembered and gone."""
    known = {host.address for host in view.service.members}
    for host, sentinel in view.sentinels.items():
        ghosts = [peer for peer in sentinel.peers if peer["ip"] not in known]
        twice = len(sentinel.peers) - len({peer["ip"] for peer in sentinel.peers})
        if ghosts or twice:
            listed = ", ".join(f"{peer['ip']}:{peer['port']}" for peer in ghosts) or f"{twice} of them twice"
            voters = len(sentinel.peers) + 1
            yield f"{host} counts {voters} voters for {len(known)} Sentinels: {listed}; {voters // 2 + 1} must agree"


def unknown_peers(view: RedisFacts) -> Iterator[str]:
    """Peers that were not found."""
    others = len(view.service.members) - 1
    for host, sentinel in view.sentinels.items():
        if len(sentinel.peers) < others:
            yield f"{host} knows {len(sentinel.peers)} of {others} other Sentinels"


def quorum(view: RedisFacts) -> Iterator[str]:
    """A quorum that cannot be reached, or not with one Sentinel less."""
    members = len(view.service.members)
    for host, sentinel in view.sentinels.items():
        quorum = int(sentinel.master["quorum"])
        live = 1 + sum("s_down" not in peer["flags"] for peer in sentinel.peers)
        if quorum > live:
            yield f"{host}: quorum {quorum}, Sentinels alive {live}; {sentinel.quorum[:80]}"
        elif quorum > members - 1:
            yield f"{host}: quorum {quorum} of {members} Sentinels: none of them may be away"


def auth_pass(view: RedisFacts) -> Iterator[str]:
    """Replies that come, and are refusals."""
    for host, sentinel in view.sentinels.items():
        for row in [sentinel.master, *sentinel.replicas]:
            name = view.name_of(row.get("ip", ""))
            fresh, good = int(row.get("last-ping-reply", 0)), int(row.get("last-ok-ping-reply", 0))
            if "s_down" in row["flags"] and good - fresh > int(row["down-after-milliseconds"]) / 2:
                yield (
                    f"Sentinel on {host}: {name} is {row['flags']}; it replied {fresh} ms ago, acceptably {good} ms ago"
                )
        yield from view.log(host, "sentinel log", "WRONGPASS|NOAUTH")


def masterauth(view: RedisFacts) -> Iterator[str]:
    """Replicas whose login is refused."""
    for host, replication in view.redis.items():
        if replication["role"] == "slave" and replication["master_link_status"] == "down":
            yield from view.log(
                host, "redis log", "Unable to AUTH to MASTER|WRONGPASS|NOAUTH|invalid username-password"
            )[-2:]


def link_down(view: RedisFacts) -> Iterator[str]:
    """Replicas without their master."""
    for host, replication in view.redis.items():
        master = view.name_of(replication.get("master_host", ""))
        if replication["role"] == "slave" and replication["master_link_status"] == "down" and master != view.victim:
            since = replication.get("master_link_down_since_seconds", "?")
            yield f"{host}: its link to {master} is down for {since} s"


def all_replicas(view: RedisFacts) -> Iterator[str]:
    """Nobody leads."""
    roles = {host: replication["role"] for host, replication in view.redis.items()}
    if len(roles) == len(view.service.members) and "master" not in roles.values():
        follows = {view.name_of(replication["master_host"]) for replication in view.redis.values()}
        yield f"every member is a replica: {', '.join(roles)}; they follow {', '.join(sorted(follows))}"
        for host, sentinel in view.sentinels.items():
            named = view.name_of(sentinel.master["ip"])
            yield f"Sentinel on {host} names {named} the master, whose role is {roles.get(named, 'unknown')}"


def priority(view: RedisFacts) -> Iterator[str]:
    """Nobody may lead."""
    replicas = {host: replication for host, replication in view.redis.items() if replication["role"] == "slave"}
    if replicas and all(replication.get("slave_priority") == "0" for replication in replicas.values()):
        yield f"slave_priority is 0 on {', '.join(replicas)}: none of them may be promoted"


def no_replicas(view: RedisFacts) -> Iterator[str]:
    """Nobody is known to lead next."""
    for host, sentinel in view.sentinels.items():
        if not sentinel.replicas:
            yield f"Sentinel on {host} knows no replica of {view.name_of(sentinel.master['ip'])}"


def stale_link(view: RedisFacts) -> Iterator[str]:
    """Replicas that were alone for too long."""
    for host, sentinel in view.sentinels.items():
        down_after = int(sentinel.master["down-after-milliseconds"])
        for row in sentinel.replicas:
            away = int(row.get("master-link-down-time", 0))
            if away > STALE_LINK * down_after:
                limit = f"over {STALE_LINK} x down-after {down_after}"
                yield f"Sentinel on {host}: {view.name_of(row['ip'])} was {away} ms without its master, {limit}"


def tilt(view: RedisFacts) -> Iterator[str]:
    """Sentinels that only watch."""
    for host, sentinel in view.sentinels.items():
        if sentinel.info.get("sentinel_tilt") == "1":
            since = sentinel.info.get("sentinel_tilt_since_seconds", "?")
            yield f"{host}: sentinel_tilt:1 since {since} s; it only watches for 30 s"


def second_attempt(view: RedisFacts) -> Iterator[str]:
    """Attempts that failed. The Sentinel beside a master that was killed lives, and may have led them."""
    waits = [2 * int(sentinel.master["failover-timeout"]) / 1000 for sentinel in view.sentinels.values()]
    for host in (name for name in view.names if name in view.asked):
        tries = view.log(host, "sentinel log", r"\+try-failover")
        aborted = view.log(host, "sentinel log", "-failover-abort")
        if len(tries) > 1 or aborted:
            yield from [*tries, *aborted]
            if waits:
                yield f"{host}: the next attempt comes 2 x failover-timeout = {waits[0]:g} s after the last one"


def proxies(view: RedisFacts) -> Iterator[str]:
    """Proxies that lead elsewhere than the Sentinels say."""
    named = Counter(sentinel.master["ip"] for sentinel in view.sentinels.values())
    if not named:
        return
    master = named.most_common(1)[0][0]
    for proxy, address in view.led_to.items():
        if address != master:
            yield f"{proxy} leads to {view.name_of(address)}, the Sentinels name {view.name_of(master)}"
    if view.led_to:
        yield from updaters(view)


def updaters(view: RedisFacts) -> Iterator[str]:
    """Proxies whose updater does not run."""
    for proxy in view.proxies:
        states = view.answer(proxy, "updater").text.split()
        if states and any(state != "active" for state in states):
            yield f"{proxy}: redis-update-master.timer and .socket are {', '.join(states)}"


def disagree(view: RedisFacts) -> Iterator[str]:
    """More than one name for the master."""
    named = {host: view.name_of(sentinel.master["ip"]) for host, sentinel in view.sentinels.items()}
    if len(set(named.values())) > 1:
        yield ", ".join(f"{host} names {master}" for host, master in named.items())
