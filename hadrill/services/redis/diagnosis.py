"""Causes for which Sentinel does not promote, or clients do not follow, each with its remedy."""

from hadrill.diagnosis import SINGLE_PROXY, Examination, Rule
from hadrill.services.redis import signs
from hadrill.services.redis.facts import RedisFacts, orders
from hadrill.services.redis.service import PORT, SENTINEL_PORT

RULES: tuple[Rule[RedisFacts], ...] = (
    Rule(
        "sentinel-config-not-writable",
        "a Sentinel cannot write its configuration, so it ends, or never records a failover",
        "Sentinel's log says so, or sentinel.conf is immutable",
        "make sentinel.conf and its folder writable for the user that Sentinel runs as (chattr -i, chown, space)",
        signs.not_writable,
    ),
    Rule(
        "protected-mode-sentinel",
        "Sentinels refuse each other: protected mode is on",
        "PING from another member gets -DENIED on 26379",
        "set `protected-mode no` in sentinel.conf on every host; the firewall keeps strangers out",
        lambda view: signs.denied("sentinel", view),
    ),
    Rule(
        "protected-mode-redis",
        "Redis refuses other hosts: protected mode is on",
        "PING from another member gets -DENIED on 6379",
        "set `protected-mode no` (or a password and a bind address) in redis.conf on the hosts that refuse",
        lambda view: signs.denied("redis", view),
    ),
    Rule(
        "port-filtered",
        "a member's port answers on its own host and not to the others",
        "refused or no answer from another member, an answer on the host itself",
        "open 6379 and 26379 between all members (UFW), and bind to the private address",
        lambda view: view.filtered({"redis": PORT, "sentinel": SENTINEL_PORT}),
    ),
    Rule(
        "same-myid",
        "Sentinels share one identity, so each counts the others as itself",
        "equal SENTINEL MYID",
        "stop the copies, delete the line `sentinel myid` in their sentinel.conf, start them again",
        signs.same_id,
    ),
    Rule(
        "stale-sentinels",
        "Sentinels that are gone are still counted as voters",
        "SENTINEL SENTINELS lists addresses that are no members, or one twice",
        "SENTINEL RESET on each Sentinel, one after the other, 30 s apart, while the master is up",
        signs.stale,
    ),
    Rule(
        "auth-pass-wrong",
        "Sentinel reaches Redis and is refused: its auth-pass is not Redis' password",
        "s_down while replies are fresh and acceptable ones are not; WRONGPASS or NOAUTH in the log",
        "SENTINEL SET <master> auth-pass <password> on every Sentinel; it writes it down itself",
        signs.auth_pass,
    ),
    Rule(
        "masterauth-wrong",
        "a replica may not follow: its masterauth is missing or wrong",
        "master_link_status down, and the replica's log says that its login was refused",
        "CONFIG SET masterauth <password> on the replica, and in redis.conf",
        signs.masterauth,
    ),
    Rule(
        "replica-priority-zero",
        "no replica may be promoted",
        "slave_priority 0 on every replica",
        "CONFIG SET replica-priority 100 on at least one replica, and in redis.conf",
        signs.priority,
    ),
    Rule(
        "all-replicas",
        "no member is a master, and nobody promotes one",
        "ROLE is slave on every member",
        "see that no start script applies `replicaof` to every node; REPLICAOF NO ONE on the newest replica",
        signs.all_replicas,
    ),
    Rule(
        "no-replica-known",
        "Sentinel knows no replica, as after SENTINEL RESET just before the fault",
        "SENTINEL REPLICAS is empty",
        "wait until Sentinel found its replicas again (10 s) before anything is broken; never RESET in a cleanup",
        signs.no_replicas,
    ),
    Rule(
        "quorum-too-high",
        "more Sentinels must agree than are there",
        "the quorum is more than the Sentinels that are not s_down, or needs every one",
        "SENTINEL SET <master> quorum with a majority of the Sentinels that exist (2 of 3)",
        signs.quorum,
    ),
    Rule(
        "sentinels-unknown",
        "a Sentinel does not know its peers",
        "SENTINEL SENTINELS has fewer entries than there are other members",
        "see that all watch the same master name, and that Redis' channel __sentinel__:hello reaches them",
        signs.unknown_peers,
    ),
    Rule(
        "replica-link-too-old",
        "replicas were without their master for too long to be promoted",
        "master-link-down-time over ten times down-after",
        "mend the link between master and replicas first; it must be up shortly before the master dies",
        signs.stale_link,
    ),
    Rule(
        "replica-link-down",
        "a replica does not follow the master",
        "master_link_status down",
        "look at the replica's log: the network between the two, or a full disk",
        signs.link_down,
    ),
    Rule(
        "tilt",
        "a Sentinel distrusts its clock and takes part in nothing",
        "sentinel_tilt:1",
        "do not pause its host; mend the clock",
        signs.tilt,
    ),
    Rule(
        "no-redis",
        "no Redis runs at all: there is nobody to promote",
        "no answer on 6379 from any member, not even on its own host",
        "<start redis> on all; their logs say why they ended",
        lambda view: signs.none_alive(view, PORT),
    ),
    Rule(
        "second-attempt",
        "not slow: the first attempt failed, and Sentinel waits before the next one",
        "+try-failover more than once, or -failover-abort, in a Sentinel's log since the fault",
        "find out what ended the first attempt (the lines above name it); lower failover-timeout to wait less",
        signs.second_attempt,
        foretells=False,
    ),
    Rule(
        "proxy-not-updated",
        "the replica is promoted, or would be, and a proxy does not follow",
        "HAProxy's server differs from the Sentinels' master, or the updater's units are not active",
        "<start updater-timer> and <start updater> on the proxy; `fab redis` restores both. On a "
        "stack of another making: what rewrites HAProxy's server there (a script of cron, a hook of Sentinel) did not",
        signs.proxies,
    ),
    Rule(
        "sentinels-disagree",
        "Sentinels name different masters",
        "SENTINEL MASTER names different addresses",
        "compare their config-epoch; the lower one missed it",
        signs.disagree,
    ),
    Rule(
        "sentinel-stopped",
        "a Sentinel does not run: one vote less",
        "no answer on 26379, not even on the host",
        "<start sentinel>; its log says why it ended",
        lambda view: signs.stopped(view, "sentinel", SENTINEL_PORT),
    ),
    Rule(
        "redis-stopped",
        "a Redis does not run",
        "no answer on 6379, not even on the host",
        "<start redis>; its log says why it ended",
        lambda view: signs.stopped(view, "redis", PORT),
    ),
    SINGLE_PROXY,
)
"""The most telling ones first."""

EXAMINATION = Examination("redis", orders, RedisFacts, RULES)
