"""Two Redis with Sentinel and a HAProxy before both, as somebody else sets them up: nothing of hadrill's is used."""

import shlex
from dataclasses import dataclass

from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote

FRONT = {"front-01": "198.18.3.10"}
DOWN_AFTER_MS = 5000
# $1 is the cache's name, $2 the image, $3 the port, $4 Sentinel's, $5 the password, $6 the master's address, $7 "unit".
MEMBER = """
set -e
mkdir -p "/srv/$1/cache" "/srv/$1/guard"
printf '%s\\n' "port $3" "requirepass $5" "masterauth $5" 'appendonly yes' 'dir /data' 'protected-mode no' \\
    > "/srv/$1/cache/redis.conf"
ip -o addr show | grep -q "inet $6/" || echo "replicaof $6 $3" >> "/srv/$1/cache/redis.conf"
printf '%s\\n' "port $4" 'dir /data' 'protected-mode no' \\
    "sentinel monitor $1-main $6 $3 2" "sentinel auth-pass $1-main $5" \\
    "sentinel down-after-milliseconds $1-main DOWN_AFTER" "sentinel failover-timeout $1-main 30000" \\
    > "/srv/$1/guard/sentinel.conf"
chmod -R a+rwX "/srv/$1"
start() {  # name, folder, command: by a unit, or by the engine's own policy
    if [ "$UNIT" ]; then
        printf '%s\\n' '[Service]' "ExecStartPre=-/usr/bin/docker rm --force $1" \\
            "ExecStart=/usr/bin/docker run --rm --name $1 --network host --volume $2:/data $IMAGE $3" \\
            "ExecStop=/usr/bin/docker stop $1" 'Restart=always' 'RestartSec=1' \\
            '[Install]' 'WantedBy=multi-user.target' \\
            > "/etc/systemd/system/$1.service"
        systemctl daemon-reload; systemctl enable --now "$1.service"
    else
        docker run --detach --name "$1" --restart always --network host --volume "$2:/data" "$IMAGE" $3
    fi
}
UNIT=$7 IMAGE=$2
start "$1-cache" "/srv/$1/cache" "redis-server /data/redis.conf"
start "$1-guard" "/srv/$1/guard" "redis-sentinel /data/sentinel.conf"
""".replace("DOWN_AFTER", str(DOWN_AFTER_MS))
HEAD = """
global
    stats socket /tmp/haproxy.sock mode 600 level admin
defaults
    mode tcp
    timeout connect 2s
    timeout client 1m
    timeout server 1m
listen stats
    bind :8404
    mode http
    stats enable
    stats uri /
"""
LISTEN = """
listen {name}
    bind :{at}
    option tcp-check
    tcp-check send "AUTH {password}\\r\\n"
    tcp-check expect string +OK
    tcp-check send "INFO replication\\r\\n"
    tcp-check expect string role:master
"""
CHECK = "check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions"


@dataclass(frozen=True)
class Cache:
    """One of them: three members of a name, and the port of the proxy."""

    name: str
    first: int
    port: int
    sentinel_port: int
    password: str
    at: int
    unit: bool

    @property
    def members(self) -> dict[str, str]:
        """Addresses by hosts' names."""
        return {f"{self.name}-0{number}": f"198.18.3.{self.first + number}" for number in (1, 2, 3)}

    def lay_down(self, remote: Remote, inventory: Inventory) -> None:
        """Start it on its machines."""
        master = next(iter(self.members.values()))
        words = (self.name, inventory.image("redis"), self.port, self.sentinel_port, self.password, master)
        arguments = shlex.join([*map(str, words), "unit" if self.unit else ""])
        for name in self.members:
            remote.run(inventory.host(name), f"systemctl start docker; sh -s -- {arguments}", stdin=MEMBER)


ORDERS = Cache("orders", 10, 6379, 26379, "secret-of-orders", 6379, unit=False)
SESSIONS = Cache("sessions", 20, 6390, 26390, "secret-of-sessions", 6380, unit=True)
CACHES = (ORDERS, SESSIONS)
MACHINES = FRONT | ORDERS.members | SESSIONS.members


def rows() -> list[str]:
    """Rows of servers.tsv for machines with nothing but a system."""
    return [f"{name}\t{address}\t\t{name}.lab.hadrill.test\tbase\t\t" for name, address in MACHINES.items()]


def front(remote: Remote, inventory: Inventory, host: Host) -> None:
    """The proxy: each cache at a port of its own, where its master is asked for its role."""
    text = HEAD
    for cache in CACHES:
        text += LISTEN.format(name=cache.name, at=cache.at, password=cache.password)
        for name, address in cache.members.items():
            text += f"    server {name} {address}:{cache.port} {CHECK}\n"
    run = "docker run --detach --name edge --restart always --network host --volume /srv/edge:/srv/edge"
    command = f"{run} {inventory.image('haproxy')} haproxy -W -db -f /srv/edge/haproxy.cfg"
    remote.run(host, f"systemctl start docker; mkdir -p /srv/edge; cat > /srv/edge/haproxy.cfg; {command}", stdin=text)
