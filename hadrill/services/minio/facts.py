"""What MinIO's nodes say when they are asked why objects are not written or read."""

import re
from dataclasses import dataclass
from functools import cached_property

from hadrill.diagnosis import LOG_LINES, Order, View, page, reached
from hadrill.inventory import Host
from hadrill.placement import files
from hadrill.services.minio.drive import command, seconds_of
from hadrill.services.minio.service import PORT, Minio
from hadrill.services.placing import placed_in


def orders(service: Minio, since_seconds: int) -> dict[Host, Order]:
    """What to ask each node: its health pages, its peers' ports, its log and its drive."""
    by_host, minio = {}, placed_in(service.inventory, "minio", "minio")
    for host in service.members:
        questions = {
            "live": page(host.address, service.inventory.port(PORT), "/minio/health/live"),
            "cluster": page(host.address, service.inventory.port(PORT), "/minio/health/cluster"),
        }
        questions |= reached("minio", service.members, service.inventory.port(PORT))
        commands = {
            "log": minio.logs(since_seconds, LOG_LINES),
            "drive": files.room(minio.data, megabytes=True),
            "drive timeout": command(minio),
        }
        by_host[host] = Order(questions, commands)
    return by_host


@dataclass(frozen=True)
class Drive:
    """How full a drive is in percent, and how much is left in MiB."""

    percent: int
    free: int


class MinioFacts(View[Minio]):
    """The facts of a diagnosis, read by their meaning."""

    @cached_property
    def drives(self) -> dict[str, Drive]:
        """Each node's drive."""
        drives = {}
        for host in self.hosts:
            if match := re.search(r"(\d+)%\s+(\d+)", self.answer(host, "drive").text):
                drives[host] = Drive(int(match[1]), int(match[2]))
        return drives

    def waits(self, host: str) -> float:
        """Seconds that a node waits for a drive that does not answer."""
        return seconds_of(self.answer(host, "drive timeout").text)

    def status(self, host: str, page: str) -> str:
        """The status of a health page; empty where there was no answer."""
        words = self.answer(host, page).text.split(" ", 2)
        return words[1] if len(words) > 1 else ""
