"""Module 4, Redis HA: a master and its replicas, a Sentinel beside each, and the proxies that follow the master."""

from collections.abc import Iterator, Mapping

from hadrill.install import proxies
from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Desired, Directory, File, Reader
from hadrill.install.redis_settings import correct_redis, correct_sentinel, defaults, written
from hadrill.install.rolling import bring_up, until_whole
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.services.asking import failures
from hadrill.services.redis import checks
from hadrill.services.redis.service import Redis
from hadrill.timing import Deadline, eventually

CONFIGURATION = "/etc/hadrill/redis/redis.conf"
HOOK = "/etc/hadrill/redis/reconfigured"
FAILOVER_SECONDS = 30.0


def install(site: Site) -> None:
    """Install Redis, then Sentinel, then the proxies."""
    service = Redis(site.inventory)
    if not service.members:
        return
    master = find_master(service)
    units = site.apply({host: desired(site, service, host, master) for host in service.members})

    def master_last() -> Iterator[Host]:
        first = find_master(service)
        yield from (host for host in service.members if host != first)
        if units[first].outdated:
            _hand_over(service, first)
            yield first

    bring_up(site, units, master_last, lambda: _whole(service), "Redis")
    if not (site.check and any(of_host.stopped for of_host in units.values())):
        usual = defaults(site, service.members[0])
        site.everywhere(service.members, lambda host: _correct(site, service, host, usual))
    proxies.install(site)


def find_master(service: Redis) -> Host:
    """The master as the Sentinels or else the members name it; the first member where nothing runs yet."""
    by_address = {host.address: host for host in service.members}
    for host in service.members:
        try:
            return by_address[service.sentinel_master(host)["ip"]]
        except failures():
            continue
    for host in service.members:
        try:
            if service.role(host)[0] == "master":
                return host
        except failures():
            continue
    return service.members[0]


def desired(site: Site, service: Redis, host: Host, master: Host) -> Desired:
    """Redis and Sentinel on one member. What the two rewrite themselves is written once and then theirs."""
    password = site.inventory.credentials.secret("redis", "REDIS_PASSWORD")
    image = site.inventory.image("redis")
    shared = ("/etc/hadrill/redis", "/usr/local/etc/redis:ro")
    redis = Container(
        "redis",
        image,
        "redis-server /data/state.conf --include /usr/local/etc/redis/redis.conf",
        (shared, ("/var/lib/hadrill/redis", "/data")),
    )
    sentinel = Container(
        "sentinel", image, "redis-sentinel /data/sentinel.conf", (shared, ("/var/lib/hadrill/sentinel", "/data"))
    )
    first_state = "" if host == master else f"replicaof {master.address} 6379\n"
    sentinel_conf = site.render(
        "sentinel.conf.j2", host=host, master=master, settings=service.settings, password=password
    )
    return Desired(
        directories=(
            Directory("/etc/hadrill", 0o700),
            Directory("/etc/hadrill/redis"),
            Directory("/var/lib/hadrill/redis", 0o700, once=True),
            Directory("/var/lib/hadrill/sentinel", 0o700, once=True),
        ),
        files=(
            File(CONFIGURATION, configuration(site, host), SECRET, reader=Reader(image, "redis")),
            File(HOOK, site.render("reconfigured.j2", proxies=service.proxies), 0o755),
            File("/var/lib/hadrill/redis/state.conf", first_state, SECRET, once=True),
            File("/var/lib/hadrill/sentinel/sentinel.conf", sentinel_conf, SECRET, once=True),
        ),
        units=(redis.unit(CONFIGURATION), sentinel.unit(HOOK)),
    )


def configuration(site: Site, host: Host) -> str:
    """A member's redis.conf."""
    password = site.inventory.credentials.secret("redis", "REDIS_PASSWORD")
    return site.render("redis.conf.j2", host=host, password=password)


def _correct(site: Site, service: Redis, host: Host, usual: Mapping[str, str]) -> None:
    """Correct the settings with which a member runs, where somebody changed them since it started."""
    correct_redis(site, service, host, {**usual, **written(configuration(site, host))})
    correct_sentinel(site, service, host)


def _whole(service: Redis) -> None:
    checks.replication(service)
    checks.sentinel(service)


def _hand_over(service: Redis, old: Host) -> None:
    """Make a replica the master before the old master restarts, so that clients wait for a moment only."""
    service.fail_over(old)

    def unmoved() -> str | None:
        return f"{old} is still the master" if find_master(service) == old else None

    eventually("another master", unmoved, Deadline(FAILOVER_SECONDS))
    until_whole(lambda: _whole(service), "Redis to be whole under its new master")
