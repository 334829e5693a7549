"""What Redis, Sentinel and the proxies say when they are asked why there is no failover."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hadrill.diagnosis import LOG_LINES, STATISTICS, Order, Question, View
from hadrill.inventory import Host
from hadrill.placement import units_of
from hadrill.placement.unit import states
from hadrill.services.placing import placed_in
from hadrill.services.redis.resp import Error, info, pairs, replies
from hadrill.services.redis.service import PORT, SENTINEL_PORT, UPDATER_NAMES, Redis


def orders(service: Redis, since_seconds: int) -> dict[Host, Order]:
    """What to ask each member and each proxy. Answers contain no password."""
    name = service.settings.master_name
    password = service.inventory.credentials.secret("redis", "REDIS_PASSWORD")
    redis = f"AUTH {password}\r\nINFO replication\r\nQUIT\r\n"
    asked = [f"SENTINEL MASTER {name}", f"SENTINEL REPLICAS {name}", f"SENTINEL SENTINELS {name}"]
    asked += ["SENTINEL MYID", f"SENTINEL CKQUORUM {name}", "INFO sentinel", "PING"]
    sentinel = "".join(f"{command}\r\n" for command in asked)
    redis_at, sentinel_at = (placed_in(service.inventory, "redis", name) for name in ("redis", "sentinel"))
    by_host, home = {}, sentinel_at.data
    for host in service.members:
        questions = {
            "redis": Question("127.0.0.1", service.inventory.port(PORT), redis),
            "sentinel": Question("127.0.0.1", service.inventory.port(SENTINEL_PORT), sentinel, "+PONG\r\n"),
        }
        for peer in service.members:
            questions[f"redis@{peer.name}"] = Question(peer.address, service.inventory.port(PORT), "PING\r\n", "\r\n")
            questions[f"sentinel@{peer.name}"] = Question(
                peer.address, service.inventory.port(SENTINEL_PORT), "PING\r\n", "\r\n"
            )
        commands = {
            "redis log": redis_at.logs(since_seconds, LOG_LINES),
            "sentinel log": sentinel_at.logs(since_seconds, LOG_LINES),
            "sentinel files": f"stat -c '%n %u %a' {home} {home}/sentinel.conf; lsattr -d {home}/sentinel.conf",
        }
        by_host[host] = Order(questions, commands)
    units = sorted(units_of(placed_in(service.inventory, "redis", name) for name in UPDATER_NAMES))
    # What tells somebody else's proxies of a new master is no unit of ours.
    updater = {} if service.inventory.settings.adopted else {"updater": states(units)}
    for proxy in service.proxies:
        servers = service.front.question(proxy, service.backend)
        by_host[proxy] = Order({STATISTICS: servers}, updater)
    return by_host


@dataclass(frozen=True)
class SentinelView:
    """What one Sentinel knows."""

    master: Mapping[str, str]
    replicas: list[dict[str, str]]
    peers: list[dict[str, str]]
    id: str
    quorum: str
    info: Mapping[str, str]


class RedisFacts(View[Redis]):
    """The facts of a diagnosis, read by their meaning."""

    @cached_property
    def redis(self) -> dict[str, dict[str, str]]:
        """INFO replication of each member that answers itself."""
        replication = {}
        for host in self.hosts:
            roles = [reply for reply in map(info, replies(self.answer(host, "redis").text)) if "role" in reply]
            if roles:
                replication[host] = roles[0]
        return replication

    @cached_property
    def sentinels(self) -> dict[str, SentinelView]:
        """What each Sentinel that answers on its own host knows."""
        views = {}
        for host in self.hosts:
            answers = replies(self.answer(host, "sentinel").text)
            if len(answers) >= 7 and not isinstance(answers[0], Error):
                lists = [[pairs(row) for row in reply] if isinstance(reply, list) else [] for reply in answers[1:3]]
                views[host] = SentinelView(
                    pairs(answers[0]), lists[0], lists[1], str(answers[3]), str(answers[4]), info(answers[5])
                )
        return views

    @cached_property
    def led_to(self) -> dict[str, str]:
        """The address that each proxy leads to: its one server's, else that of the one that is up."""
        led = {}
        for proxy, rows in self.servers().items():
            up = [row for row in rows.values() if len(rows) == 1 or row["status"].startswith("UP")]
            if len(up) == 1 and up[0]["addr"]:
                led[proxy] = up[0]["addr"].rpartition(":")[0]
        return led
