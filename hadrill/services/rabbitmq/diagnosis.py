"""Causes for which RabbitMQ does not confirm, each with its remedy."""

from hadrill.diagnosis import Examination, Rule
from hadrill.services.rabbitmq import signs
from hadrill.services.rabbitmq.facts import PEER_PORTS, RabbitmqFacts, orders

RULES: tuple[Rule[RabbitmqFacts], ...] = (
    Rule(
        "erlang-cookie",
        "nodes do not believe each other: their Erlang cookies differ",
        "Erlang's words about challenges and cookies in a node's log",
        "the same .erlang.cookie, mode 0400, on every node; then restart the odd one; `fab rabbitmq` does",
        signs.cookie,
    ),
    Rule(
        "port-filtered",
        "a node's port answers on its own host and not to the others",
        "refused or no answer from another node, an answer on the host itself",
        "open 4369 and 25672 between all nodes (UFW)",
        lambda view: view.filtered(PEER_PORTS),
    ),
    Rule(
        "disk-alarm",
        "a node has too little disk left, so every publisher of the cluster is blocked",
        "disk_free_alarm",
        "make room below <data rabbitmq>, or lower disk_free_limit knowingly",
        lambda view: signs.alarm(view, "disk_free_alarm", "the disk alarm is on"),
    ),
    Rule(
        "memory-alarm",
        "a node uses too much memory, so every publisher of the cluster is blocked",
        "mem_alarm",
        "find the queue that grows; add consumers or memory",
        lambda view: signs.alarm(view, "mem_alarm", "the memory alarm is on"),
    ),
    Rule(
        "node-not-joined",
        "a node is in no cluster with the others",
        "/api/nodes lacks a member",
        "the names in /etc/hosts and the cookie must agree; then `fab rabbitmq` lets it join",
        signs.not_joined,
    ),
    Rule(
        "proxy-check",
        "a proxy leads clients to a node that is frozen",
        "HAProxy has the server UP, and the node's management page is silent on its own host",
        "a check that waits for an answer, not for a connection alone; `fab postgresql` restores the proxies'",
        signs.frozen_in_use,
    ),
    Rule(
        "partition",
        "nodes lost sight of each other",
        "partitions in /api/nodes",
        "mend the network; with pause_minority the smaller side comes back by itself, or restart it",
        signs.partitioned,
    ),
    Rule(
        "queue-without-majority",
        "a quorum queue has no majority, so it confirms nothing",
        "fewer members online than a majority",
        "bring the nodes of its members back",
        signs.few_online,
    ),
    Rule(
        "classic-queue",
        "a queue lives on one node only: the loss of that node stops it",
        "a durable queue of type classic",
        "declare it with x-queue-type quorum, and move its messages",
        signs.classic,
    ),
    Rule(
        "queue-with-few-members",
        "a quorum queue has fewer members than the cluster can give it",
        "less than three members",
        "rabbitmq-queues grow rabbit@HOST all, for each node that it lacks",
        signs.few_members,
    ),
    Rule(
        "node-down",
        "the others miss a node",
        "running is false in /api/nodes",
        "<start rabbitmq> there, or `rabbitmqctl start_app`; its log says why it ended",
        signs.not_running,
    ),
    Rule(
        "rabbitmq-stopped",
        "a node takes no connections",
        "nothing listens on 5672, asked on the host",
        "<start rabbitmq>; its log says why it ended",
        signs.stopped,
    ),
)
"""The most telling ones first."""

EXAMINATION = Examination("rabbitmq", orders, RabbitmqFacts, RULES)
