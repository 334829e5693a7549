"""Causes for which Patroni does not promote, or clients do not follow, each with its remedy."""

from hadrill.diagnosis import SINGLE_PROXY, Examination, Rule
from hadrill.services.postgresql import signs
from hadrill.services.postgresql.facts import PORTS, PostgresqlFacts, orders

RULES: tuple[Rule[PostgresqlFacts], ...] = (
    Rule(
        "data-directory-mode",
        "PostgreSQL does not start: others may enter its data directory (`start failed`)",
        "the directory's mode; PostgreSQL's FATAL in the log",
        "chmod 0700 the data directory; `fab postgresql` does",
        signs.data_mode,
    ),
    Rule(
        "raft-thread-dead",
        "a member's copy of Patroni's store stands still, so it believes an old state for ever",
        "the traceback of PySyncObj's thread in the log of this boot",
        "PySyncObj 0.3.15 or newer in Patroni's image; until then <restart patroni> on that member",
        signs.raft_thread,
    ),
    Rule(
        "raft-no-majority",
        "Patroni's store has no majority, so nobody may become the leader",
        "ports of the Raft store that do not answer; `DCS is not accessible` in the log",
        "bring members back until a majority runs; open 5010 between them",
        signs.raft_majority,
    ),
    Rule(
        "patroni-paused",
        "Patroni is paused",
        "`pause` in the dynamic configuration",
        "patronictl resume",
        signs.paused,
    ),
    Rule(
        "nofailover-everywhere",
        "no replica may be promoted",
        "the tag nofailover on every replica in /cluster",
        "remove `nofailover: true` from the tags of a replica and reload Patroni",
        signs.no_failover,
    ),
    Rule(
        "replication-password",
        "replicas may not log in to the leader",
        "`password authentication failed` for the replication role",
        "make the role's password and Patroni's `postgresql.authentication.replication` equal",
        signs.replication_login,
    ),
    Rule(
        "own-replication-refused",
        "Patroni may not ask its own server for its timeline: an old leader never follows the new one",
        "`Can not fetch local timeline and lsn` in a member's log",
        "let its replication role in from 127.0.0.1, too: `host replication ROLE 127.0.0.1/32 scram-sha-256` in pg_hba",
        signs.own_replication,
    ),
    Rule(
        "lag-over-maximum",
        "every replica is too far behind to be promoted",
        "lag in /cluster over maximum_lag_on_failover, or Patroni's own words",
        "find out why they lag (slow disk, network, a lock on the replica); raise maximum_lag_on_failover knowingly",
        signs.lag,
    ),
    Rule(
        "port-filtered",
        "a member's port answers on its own host and not to the others",
        "refused or no answer from another member, an answer on the host itself",
        "open 5432, 8008 and 5010 between all members (UFW)",
        lambda view: view.filtered(PORTS),
    ),
    Rule(
        "two-leaders",
        "two members take writes",
        "/patroni says primary on both",
        "compare their WAL locations, stop the one whose writes can be lost, reinitialize it",
        signs.two_leaders,
    ),
    Rule(
        "start-failed",
        "PostgreSQL does not run under Patroni",
        "/patroni's state; FATAL and PANIC in the log",
        "mend what the FATAL line says",
        signs.start_failed,
    ),
    Rule(
        "replica-not-streaming",
        "a replica runs and gets nothing from the leader",
        "state `running` instead of `streaming` in /cluster",
        "its log says why: slot, timeline, network",
        signs.not_streaming,
    ),
    Rule(
        "no-leader",
        "nobody leads",
        "no leader in /cluster; each member's own reason in its log",
        "the members' reasons above say what each waits for",
        signs.no_leader,
    ),
    Rule(
        "proxy-check",
        "a proxy does not believe Patroni: clients are led to the wrong place, or nowhere",
        "HAProxy's state of a server differs from what /primary says to the proxy",
        "HAProxy must check port 8008 for /primary, status 200; `fab postgresql` restores it",
        signs.proxy_check,
    ),
    Rule(
        "pgbouncer-login",
        "PgBouncer cannot log in to the server, and makes its clients wait",
        "what PgBouncer says before it asks for a password: the server refused its own login",
        "make userlist.txt and the role's password equal; server_login_retry says how long it waits in between",
        signs.pgbouncer_login,
    ),
    Rule(
        "patroni-stopped",
        "a member does not run Patroni",
        "no answer on 8008, not even on the host",
        "<start patroni>; its log says why it ended",
        signs.stopped,
    ),
    SINGLE_PROXY,
)
"""The most telling ones first."""

EXAMINATION = Examination("postgresql", orders, PostgresqlFacts, RULES)
