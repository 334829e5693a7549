"""What Redis has on the proxies: its section of HAProxy's configuration, and the updater that follows the master."""

import json

from hadrill.install.desired import SECRET, Desired, File, Unit
from hadrill.install.proxies import Beside
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.on_host import program
from hadrill.services.redis.settings import RedisSettings

UPDATER = "/usr/local/lib/hadrill/redis-update-master"


def section(site: Site) -> str:
    """One server, the master: the updater gives it its address."""
    password = site.inventory.credentials.secret("redis", "REDIS_PASSWORD")
    return site.render("haproxy/redis.cfg.j2", auth=resp("AUTH", password), info=resp("INFO", "replication"))


def beside(site: Site, host: Host) -> Beside:
    """The updater runs when HAProxy has started, by a timer, and when Sentinel's hook calls."""
    desired = Desired(files=tuple(_updater_files(site)), units=tuple(_updater_units(site, host)))
    return Beside(desired, after_start=(f"-{UPDATER}",))


def _updater_files(site: Site) -> list[File]:
    inventory = site.inventory
    settings = {
        "master_name": inventory.about_the("redis").settings.of(RedisSettings).master_name,
        "sentinels": [host.address for host in inventory.of_role("redis")],
    }
    return [
        File("/etc/hadrill/redis-update-master.json", json.dumps(settings, indent=1) + "\n", SECRET),
        File(UPDATER, program("redis_update_master"), 0o755),
    ]


def _updater_units(site: Site, host: Host) -> list[Unit]:
    """At boot by HAProxy's unit, on a timer, and at once when Sentinel's hook opens the port."""
    interval = site.inventory.about_the("redis").settings.of(RedisSettings).update_interval_seconds
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
