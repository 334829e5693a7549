"""What each Redis says of itself, and what each Sentinel sees."""

import threading

import redis

from hadrill.inventory import Host
from hadrill.services.member import SILENT, Member, Probe, Watch
from hadrill.services.redis.service import SENTINEL_PORT, Redis
from hadrill.timing import POLL, Timeline

ASK_SECONDS = 0.5
_PHASES = {"+odown": "detect", "+elected-leader": "elect", "+promoted-slave": "promote", "+switch-master": "promote"}
_WORTH_TELLING = (
    "+sdown", "-sdown", "+odown", "-odown", "+vote-for-leader", "+elected-leader", "+selected-slave",
    "+promoted-slave", "+switch-master", "+convert-to-slave", "+tilt", "-tilt", "-failover", "+try-failover",
)  # fmt: skip


def probe(service: Redis, host: Host) -> Probe:
    """ROLE of one member over a connection that is kept."""
    client = service.client(host.address, seconds=ASK_SECONDS)

    def ask() -> Member:
        try:
            answer = client.execute_command("ROLE")
        except (redis.RedisError, OSError):
            return SILENT
        return Member("master", leads=True) if answer[0] == "master" else Member("replica")

    return ask


def watch(service: Redis, host: Host) -> Watch:
    """Every event that one Sentinel publishes; a lost connection is made again."""

    def run(timeline: Timeline, stop: threading.Event) -> None:
        while not stop.wait(POLL):
            try:
                with service.client(host.address, SENTINEL_PORT, seconds=ASK_SECONDS) as client:
                    stream = client.pubsub(ignore_subscribe_messages=True)
                    stream.psubscribe("*")
                    while not stop.is_set():
                        message = stream.get_message(timeout=POLL)
                        if message is not None and message["channel"] in _WORTH_TELLING:
                            _tell(timeline, host, message["channel"], str(message["data"]))
            except (redis.RedisError, OSError):
                continue

    return run


def _tell(timeline: Timeline, host: Host, channel: str, data: str) -> None:
    phase = _PHASES.get(channel, "")
    if channel == "+sdown" and data.startswith("master "):
        phase = "detect"
    timeline.add(f"sentinel {host}", f"{channel} {data}", phase)
