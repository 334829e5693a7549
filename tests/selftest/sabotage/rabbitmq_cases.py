"""Misconfigurations of RabbitMQ, by the name of the cause that must be found."""

from collections.abc import Callable

from hadrill.services.rabbitmq.service import Rabbitmq
from tests.selftest.sabotage.bench import Disturbance, Sabotage, cut_port, spoilt

CONTROL = "docker exec rabbitmq rabbitmqctl -q"
CONF = "/etc/hadrill/rabbitmq/rabbitmq.conf"
COOKIE = "/var/lib/hadrill/rabbitmq/.erlang.cookie"
QUEUE = "http://127.0.0.1:15672/api/queues/hadrill/sabotage"
# The password is read where it lies: it must not be seen in a list of processes.
MANAGE = f"""
import base64, pathlib, re, sys, urllib.request
text = pathlib.Path("{CONF}").read_text()
login = "hadrill:" + re.search("default_pass = (.*)", text)[1]
request = urllib.request.Request("{QUEUE}", method="PUT", data=sys.argv[1].encode())
request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
request.add_header("Content-Type", "application/json")
urllib.request.urlopen(request, timeout=5)
"""


def classic_queue(service: Rabbitmq) -> Sabotage:
    """An application declared its queue as it always did."""
    return Sabotage("classic-queue", (_declared(service, '{"durable":true,"arguments":{"x-queue-type":"classic"}}'),))


def few_members(service: Rabbitmq) -> Sabotage:
    """A queue that was made while the other nodes were away."""
    arguments = '{"x-queue-type":"quorum","x-quorum-initial-group-size":1}'
    return Sabotage("queue-with-few-members", (_declared(service, f'{{"durable":true,"arguments":{arguments}}}'),))


def disk_alarm(service: Rabbitmq) -> Sabotage:
    """Less room than the limit."""
    limit = f"{CONTROL} set_disk_free_limit"
    return Sabotage(
        "disk-alarm", (Disturbance(service.members[0], f"{limit} 900000GB", f"{limit} 200MB"),), fails="connectivity"
    )


def memory_alarm(service: Rabbitmq) -> Sabotage:
    """More memory in use than the limit."""
    limit = f"{CONTROL} set_vm_memory_high_watermark"
    return Sabotage(
        "memory-alarm", (Disturbance(service.members[1], f"{limit} 0.00001", f"{limit} 0.6"),), fails="connectivity"
    )


def cookie(service: Rabbitmq) -> Sabotage:
    """A node with a cookie of its own."""
    restart = "systemctl restart --no-block hadrill-rabbitmq"
    change = f"printf notthecookie > {COOKIE}"
    return Sabotage("erlang-cookie", (spoilt(service.members[-1], COOKIE, change, restart),), fails="cluster")


def node_down(service: Rabbitmq) -> Sabotage:
    """The application is stopped, Erlang goes on."""
    return Sabotage(
        "node-down", (Disturbance(service.members[-1], f"{CONTROL} stop_app", f"{CONTROL} start_app"),), fails="cluster"
    )


def never_joined(service: Rabbitmq) -> Sabotage:
    """A node that was installed with a list of nodes that names itself only."""
    host = service.members[-1]
    others = f"/^cluster_formation.classic_config.nodes/{{/rabbit@{host.name}$/!d}}"
    # Nothing is left of its membership on either side; then it starts anew, alone or with the others.
    anew = f"{CONTROL} stop_app; {CONTROL} reset; systemctl restart --no-block hadrill-rabbitmq"
    return Sabotage("node-not-joined", (spoilt(host, CONF, f"sed -i '{others}' {CONF}", anew),), fails="cluster")


def distribution_filtered(service: Rabbitmq) -> Sabotage:
    """One node's port for its peers is closed to them."""
    return Sabotage("port-filtered", (cut_port(service.members[-1], service.members, 4369),))


def proxy_check(service: Rabbitmq) -> Sabotage:
    """Proxies that only connect, and a node that hangs."""
    file = "/etc/hadrill/haproxy/haproxy.cfg"
    change = f"sed -i '/^listen be_rabbitmq$/,/server/ {{/tcp-check/d}}' {file}"
    shallow = [spoilt(proxy, file, change, "systemctl restart hadrill-haproxy") for proxy in service.proxies]
    # Waking after net_ticktime it would stay partitioned: it does not see itself as the minority.
    undo = "docker unpause rabbitmq; systemctl restart --no-block hadrill-rabbitmq"
    hang = Disturbance(service.members[-1], "docker pause rabbitmq", undo)
    return Sabotage("proxy-check", (*shallow, hang), fails="cluster")


def _declared(service: Rabbitmq, body: str) -> Disturbance:
    program = f"python3 - '{body}' <<'END'{MANAGE}END"
    return Disturbance(service.members[0], program, f"{CONTROL} delete_queue sabotage -p hadrill || :")


CASES: dict[str, Callable[[Rabbitmq], Sabotage]] = {
    case.__name__: case
    for case in (
        classic_queue,
        few_members,
        disk_alarm,
        memory_alarm,
        cookie,
        never_joined,
        node_down,
        distribution_filtered,
        proxy_check,
    )
}
