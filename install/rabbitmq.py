"""Module 5, RabbitMQ: three nodes that find each other by their configuration, and the proxies in front."""

from hadrill.install import proxies
from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Desired, Directory, File, Reader
from hadrill.install.rolling import bring_up
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.remote import shell
from hadrill.services.asking import failures
from hadrill.services.rabbitmq import checks
from hadrill.services.rabbitmq.service import Rabbitmq

CONFIGURATION = "/etc/hadrill/rabbitmq/rabbitmq.conf"
PLUGINS = "/etc/hadrill/rabbitmq/enabled_plugins"
DATA = "/var/lib/hadrill/rabbitmq"
COOKIE = f"{DATA}/.erlang.cookie"


def install(site: Site) -> None:
    """Bring the nodes up; a node that lost its disk is forgotten by the others first, and then joins anew."""
    service = Rabbitmq(site.inventory)
    if not service.members:
        return
    empty = site.everywhere(
        service.members, lambda host: site.remote.attempt(host, f"test -d {DATA}/mnesia").status != 0
    )
    lost = [host for host, is_empty in empty.items() if is_empty]
    if lost and not all(empty.values()):
        _forget(site, service, lost)
    units = site.apply({host: desired(site, service, host) for host in service.members})
    bring_up(site, units, lambda: service.members, lambda: checks.cluster(service), "RabbitMQ")
    if lost and not all(empty.values()) and not site.check:
        for host in lost:
            site.record(host, "members of quorum queues")
            site.remote.run(host, _inside("rabbitmq-queues", "grow", f"rabbit@{host.name}", "all"))
    proxies.install(site)


def section(site: Site) -> str:
    """RabbitMQ's part of HAProxy's configuration."""
    return site.render("haproxy/rabbitmq.cfg.j2", members=Rabbitmq(site.inventory).members)


def desired(site: Site, service: Rabbitmq, host: Host) -> Desired:
    """RabbitMQ on one node."""
    secret = site.inventory.credentials.secret
    configuration = site.render(
        "rabbitmq.conf.j2", host=host, members=service.members, password=secret("rabbitmq", "RABBITMQ_PASSWORD")
    )
    image = site.inventory.image("rabbitmq")
    container = Container(
        "rabbitmq",
        image,
        "rabbitmq-server",
        (("/etc/hadrill/rabbitmq", "/etc/rabbitmq:ro"), (DATA, "/var/lib/rabbitmq")),
        options=f"-e RABBITMQ_NODENAME=rabbit@{host.name}",
        stop_seconds=60,
    )
    return Desired(
        directories=(
            Directory("/etc/hadrill", 0o700),
            Directory("/etc/hadrill/rabbitmq"),
            Directory(DATA, 0o755, once=True),
        ),
        files=(
            File(CONFIGURATION, configuration, SECRET, reader=Reader(image, "rabbitmq")),
            File(PLUGINS, "[rabbitmq_management].\n"),
            File(COOKIE, secret("rabbitmq", "RABBITMQ_ERLANG_COOKIE"), 0o400),
        ),
        units=(container.unit(CONFIGURATION, PLUGINS, COOKIE),),
    )


def _forget(site: Site, service: Rabbitmq, lost: list[Host]) -> None:
    """Make the others forget a node whose disk is gone: they still count it, and refuse it under the same name."""
    for survivor in (host for host in service.members if host not in lost):
        try:
            known = {node["name"] for node in service.management(survivor, "/api/nodes")}
        except failures():
            continue
        for host in lost:
            if f"rabbit@{host.name}" in known:
                site.record(host, f"forgotten by {survivor}, as its disk is gone")
                if not site.check:
                    site.remote.run(survivor, _inside("rabbitmqctl", "forget_cluster_node", f"rabbit@{host.name}"))
        return


def _inside(*words: str) -> str:
    """The program that runs a command in the node's container."""
    return shell.command("docker", "exec", "rabbitmq", *words)
