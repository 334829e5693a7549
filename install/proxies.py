"""HAProxy and PgBouncer on the proxy hosts, for PostgreSQL, Redis and RabbitMQ; and the Redis master updater."""

import json
import socket

from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Desired, Directory, File, Reader, Unit
from hadrill.install.rolling import bring_up
from hadrill.install.site import Site
from hadrill.inventory import Host, Inventory
from hadrill.on_host import program
from hadrill.services.finding import Finding, require
from hadrill.services.redis.settings import RedisSettings

HAPROXY = "/etc/hadrill/haproxy/haproxy.cfg"
PGBOUNCER = "/etc/hadrill/pgbouncer/pgbouncer.ini"
USERLIST = "/etc/hadrill/pgbouncer/userlist.txt"
UPDATER = "/usr/local/lib/hadrill/redis-update-master"
SOCKET_DIRECTORY = "/run/hadrill/haproxy"
LISTEN_SECONDS = 2.0


def install(site: Site) -> None:
    """Both proxies, one after the other where they must restart."""
    hosts = site.inventory.of_role("haproxy")
    units = site.apply({host: desired(site, host) for host in hosts})
    bring_up(site, units, lambda: hosts, lambda: listening(site.inventory), "HAProxy and PgBouncer")


def desired(site: Site, host: Host) -> Desired:
    """What is on a proxy: every backend that the inventory has, whatever was installed already."""
    inventory = site.inventory
    files = [File(HAPROXY, _haproxy(site), SECRET)]
    units = [_haproxy_container(inventory).unit(HAPROXY)]
    if inventory.of_role("postgresql"):
        password = inventory.credentials.secret("postgresql", "PGBOUNCER_PASSWORD")
        image = inventory.image("pgbouncer")
        userlist = File(USERLIST, f'"pgbouncer" "{password}"\n', SECRET, reader=Reader(image, "postgres"))
        files += [File(PGBOUNCER, site.render("pgbouncer.ini.j2")), userlist]
        mounts = (("/etc/hadrill/pgbouncer", "/etc/pgbouncer:ro"),)
        pgbouncer = Container("pgbouncer", image, "pgbouncer /etc/pgbouncer/pgbouncer.ini", mounts)
        units.append(pgbouncer.unit(PGBOUNCER, USERLIST))
    if inventory.of_role("redis"):
        files += _updater_files(site)
        units += _updater_units(site, host)
    folders = (Directory("/etc/hadrill", 0o700), Directory("/etc/hadrill/haproxy"), Directory("/etc/hadrill/pgbouncer"))
    return Desired(folders, tuple(files), units=tuple(units))


def listening(inventory: Inventory) -> None:
    """Every proxy takes connections on its ports. Raises CheckFailedError."""
    ports = {5432: "postgresql", 6432: "postgresql", 6379: "redis", 5672: "rabbitmq", 9000: "minio"}
    findings = []
    for host in inventory.of_role("haproxy"):
        for port, role in ports.items():
            if inventory.of_role(role):
                try:
                    socket.create_connection((host.address, port), timeout=LISTEN_SECONDS).close()
                except OSError as error:
                    findings.append(
                        Finding(host.name, f"port {port} open", str(error), "the proxy is starting, or stopped")
                    )
    require(findings)


def _haproxy(site: Site) -> str:
    inventory = site.inventory
    redis = inventory.of_role("redis")
    password = inventory.credentials.secret("redis", "REDIS_PASSWORD") if redis else ""
    return site.render(
        "haproxy.cfg.j2",
        bind=inventory.settings.bound("haproxy"),
        postgresql=inventory.of_role("postgresql"),
        redis=redis,
        rabbitmq=inventory.of_role("rabbitmq"),
        minio=inventory.of_role("minio"),
        redis_auth=resp("AUTH", password),
        redis_info=resp("INFO", "replication"),
    )


def _haproxy_container(inventory: Inventory) -> Container:
    updater = (f"-{UPDATER}",) if inventory.of_role("redis") else ()
    mounts = (("/etc/hadrill/haproxy", "/usr/local/etc/haproxy:ro"), (SOCKET_DIRECTORY, "/run/haproxy"))
    return Container(
        "haproxy",
        inventory.image("haproxy"),
        "haproxy -W -db -f /usr/local/etc/haproxy/haproxy.cfg",
        mounts,
        options="--user 0:0",
        before=(f"/bin/mkdir -p {SOCKET_DIRECTORY}", f"/bin/rm -f {SOCKET_DIRECTORY}/admin.sock"),
        after_start=updater,
        stop_seconds=5,
    )


def _updater_files(site: Site) -> list[File]:
    inventory = site.inventory
    settings = {
        "master_name": inventory.settings.of(RedisSettings).master_name,
        "sentinels": [host.address for host in inventory.of_role("redis")],
    }
    return [
        File("/etc/hadrill/redis-update-master.json", json.dumps(settings, indent=1) + "\n", SECRET),
        File(UPDATER, program("redis_update_master"), 0o755),
    ]


def _updater_units(site: Site, host: Host) -> list[Unit]:
    """At boot by HAProxy's unit, on a timer, and at once when Sentinel's hook opens the port."""
    interval = site.inventory.settings.of(RedisSettings).update_interval_seconds
    service = f"[Unit]\nDescription=Point HAProxy at the Redis master\n\n[Service]\nType=oneshot\nExecStart={UPDATER}\n"
    called = service.replace("Type=oneshot", "Type=simple\nStandardInput=null")
    timer = (
        f"[Unit]\nDescription=Look for the Redis master every {interval} s\n\n"
        f"[Timer]\nOnActiveSec=1s\nOnUnitActiveSec={interval}s\nAccuracySec=100ms\n\n[Install]\nWantedBy=timers.target\n"
    )
    listener = (
        "[Unit]\nDescription=Sentinel's hook calls here when there is a new Redis master\n\n"
        f"[Socket]\nListenStream={host.address}:26380\nFreeBind=yes\nAccept=yes\nMaxConnections=16\n\n"
        "[Install]\nWantedBy=sockets.target\n"
    )
    return [
        Unit("redis-update-master.service", service, enabled=False),
        Unit("redis-update-master@.service", called, enabled=False),
        Unit("redis-update-master.timer", timer),
        Unit("redis-update-master.socket", listener),
    ]


def resp(*words: str) -> str:
    """A Redis command as the hexadecimal that HAProxy sends: no quoting can go wrong, whatever the password is."""
    parts = [f"*{len(words)}\r\n", *(f"${len(word)}\r\n{word}\r\n" for word in words)]
    return "".join(parts).encode("ascii").hex()
