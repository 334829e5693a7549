"""How the causes look in the facts: each function returns the lines that show one, and none where it is not there.

Signatures are Patroni's own words and fields (4.0), PostgreSQL's, PySyncObj's and PgBouncer's.
"""

from collections.abc import Iterator

from hadrill.services.placing import placed_in
from hadrill.services.postgresql.facts import RAFT_PORT, PostgresqlFacts
from hadrill.services.postgresql.service import REST_PORT

MODES = ("700", "750")
"""What PostgreSQL accepts for its data directory."""


def data_mode(view: PostgresqlFacts) -> Iterator[str]:
    """A directory that PostgreSQL refuses to use."""
    data = placed_in(view.service.inventory, "postgresql", "postgres").data
    for host in view.hosts:
        mode = view.answer(host, "data").text.split()[:1]
        if mode and mode[0].isdigit() and mode[0] not in MODES:
            yield f"{host}: {data} has mode {mode[0]}, PostgreSQL wants {' or '.join(MODES)}"
            yield from view.log(host, "log", "has invalid permissions")


def raft_thread(view: PostgresqlFacts) -> Iterator[str]:
    """A member whose store stands still while everything else on it goes on."""
    ttl = int(view.config.get("ttl", 30))
    for host, state in view.states.items():
        ago = view.facts.hosts[host].time - int(state.get("dcs_last_seen", 0))
        died = view.log(host, "raft", "_autoTickThread")
        if ago > ttl and died:
            yield f"{host} last saw its store {ago:.0f} s ago, ttl is {ttl} s"
            yield from died


def raft_majority(view: PostgresqlFacts) -> Iterator[str]:
    """Fewer voters than a majority."""
    names = view.names
    for host in view.hosts:
        peers = [name for name in names if name != host]
        away = [name for name in peers if view.answer(host, f"raft@{name}").error]
        live = len(names) - len(away)
        if live < len(names) // 2 + 1:
            yield f"{host} reaches {live} of {len(names)} Raft members (port {RAFT_PORT}): not {', '.join(away)}"
            yield from view.log(host, "log", "DCS is not accessible|failed to update leader lock")


def paused(view: PostgresqlFacts) -> Iterator[str]:
    """Patroni was told to leave everything as it is."""
    if view.config.get("pause"):
        yield "the dynamic configuration has `pause: true`: Patroni neither promotes nor restarts anything"


def no_failover(view: PostgresqlFacts) -> Iterator[str]:
    """Nobody may be promoted."""
    for host, members in view.members.items():
        replicas = [member for member in members if member["role"] != "leader" and member["name"] != view.victim]
        tagged = [member["name"] for member in replicas if (member.get("tags") or {}).get("nofailover")]
        if replicas and len(tagged) == len(replicas):
            yield f"{host} sees the tag nofailover on every replica: {', '.join(tagged)}"


def lag(view: PostgresqlFacts) -> Iterator[str]:
    """Nobody is new enough to be promoted."""
    limit = int(view.config.get("maximum_lag_on_failover", 1048576))
    for members in list(view.members.values())[:1]:
        replicas = [member for member in members if member["role"] != "leader" and member["name"] != view.victim]
        behind = [member for member in replicas if isinstance(member.get("lag"), int) and member["lag"] > limit]
        if replicas and len(behind) == len(replicas):
            for member in behind:
                yield f"{member['name']} lags {member['lag']} bytes, maximum_lag_on_failover is {limit}"
    if not view.before:
        for host in view.hosts:
            yield from view.log(host, "log", "exceeds maximum replication lag")


def replication_login(view: PostgresqlFacts) -> Iterator[str]:
    """Replicas that may not log in."""
    if not view.before or list(not_streaming(view)):
        for host in view.hosts:
            yield from view.log(host, "log", 'password authentication failed for user "replicator"')


def own_replication(view: PostgresqlFacts) -> Iterator[str]:
    """Members whose Patroni cannot look at its own server as a replica does."""
    for host in view.hosts:
        yield from view.log(host, "log", "Can not fetch local timeline and lsn|no pg_hba.conf entry for replication")


def not_streaming(view: PostgresqlFacts) -> Iterator[str]:
    """Replicas that run and do not stream."""
    for host, members in list(view.members.items())[:1]:
        for member in members:
            if member["role"] == "replica" and member["state"] == "running" and member["name"] != view.victim:
                yield f"{member['name']} runs and does not stream, as {host} sees it"


def start_failed(view: PostgresqlFacts) -> Iterator[str]:
    """PostgreSQL does not come up under Patroni."""
    for host, state in view.states.items():
        if state.get("state") in ("start failed", "crashed", "stopped"):
            yield f"{host}: Patroni says {state['state']!r}"
            yield from view.log(host, "log", "FATAL|PANIC")


def stopped(view: PostgresqlFacts) -> Iterator[str]:
    """Members without Patroni."""
    for host in view.hosts:
        errors = [view.answer(host, page).error for page in ("patroni", "config", "cluster")]
        # One page may wait for a slow query; a Patroni that does not run answers none.
        if all(errors):
            yield f"{host}: Patroni's port {REST_PORT} is {errors[0]}, asked on {host} itself"


def two_leaders(view: PostgresqlFacts) -> Iterator[str]:
    """More than one member that takes writes."""
    primaries = [host for host, state in view.states.items() if state.get("role") in ("primary", "master")]
    if len(primaries) > 1:
        places = {host: view.states[host].get("xlog", {}).get("location") for host in primaries}
        yield "; ".join(f"{host} is a primary at WAL location {place}" for host, place in places.items())


def no_leader(view: PostgresqlFacts) -> Iterator[str]:
    """Nobody leads, and the members say why not."""
    leaders = [member["name"] for members in view.members.values() for member in members if member["role"] == "leader"]
    if view.members and not leaders:
        yield f"no leader, as {', '.join(view.members)} see it"
        for host in view.hosts:
            yield from view.log(host, "log", "not healthy enough|not the healthiest|Demoting|not promoting")


def proxy_check(view: PostgresqlFacts) -> Iterator[str]:
    """Proxies whose servers are not in the state that Patroni says."""
    for proxy, servers in view.servers().items():
        for name, row in servers.items():
            answer = view.answer(proxy, f"primary@{name}").text
            leads = " 200 " in answer.partition("\r\n")[0]
            if answer and leads != row["status"].startswith("UP"):
                own = f"{row['status']} ({row.get('check_desc') or row.get('last_chk', '')})"
                yield f"{proxy}: {name} is {own}, while Patroni's /primary there says {answer.split()[1]} to {proxy}"


def pgbouncer_login(view: PostgresqlFacts) -> Iterator[str]:
    """A pooler whose own login is refused."""
    for proxy in view.proxies:
        # The fields of an error are separated by zeros.
        answer = view.answer(proxy, "pooler").text.replace("\0", "\n")
        yield from (f"{proxy}: {line[1:]}" for line in answer.splitlines() if "authentication failed" in line)
