"""The MinIO cluster: its nodes, and how a client reaches them."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from hadrill.inventory import Host, Inventory
from hadrill.placement import placed
from hadrill.remote.from_here import reach
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS
from hadrill.services.haproxy.statistics import Proxies
from hadrill.services.minio.record import SERVICE
from hadrill.services.minio.settings import MinioSettings

MINIO = placed(SERVICE, "minio")
PORT = 9000
BACKEND = "be_minio"
"""As the installer names it on the proxies."""
DENIED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


class Minio:
    """One distributed MinIO."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory.about_the("minio")
        self.members = self.inventory.of_role("minio")

    @property
    def proxies(self) -> tuple[Host, ...]:
        """The proxies, unless the entry point is a single node."""
        return self.inventory.of_role("haproxy") if self.behind_proxy else ()

    @property
    def behind_proxy(self) -> bool:
        """Whether applications reach it through HAProxy, or one node alone (settings.yaml)."""
        return self.inventory.settings.of(MinioSettings).entry == "haproxy"

    @property
    def front(self) -> Proxies:
        """HAProxy on its proxies."""
        return Proxies(self.inventory)

    @property
    def backend(self) -> str:
        """The name of HAProxy's backend that leads to it."""
        return self.inventory.backend(PORT, BACKEND)

    @property
    def entry_point(self) -> str:
        """The address that applications use."""
        if self.behind_proxy:
            return self.inventory.entry_point(PORT).place
        return min(self.members, key=lambda host: host.name).address

    def client(self, address: str, *, seconds: float | None = None, keep: bool = True) -> Any:
        """An S3 client of one address that never tries again by itself; without `keep`, a connection a request."""
        secret = self.inventory.credentials.secret
        host, port = reach(*self.inventory.socket(address, PORT))
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{host}:{port}",
            region_name="us-east-1",
            aws_access_key_id=secret("minio", "MINIO_ROOT_USER"),
            aws_secret_access_key=secret("minio", "MINIO_ROOT_PASSWORD"),
            config=Config(
                connect_timeout=seconds or CONNECT_SECONDS,
                read_timeout=seconds or ANSWER_SECONDS,
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1, "mode": "standard"},
                max_pool_connections=512,
            ),
        )
        if not keep:
            client.meta.events.register("before-send.s3", _close_afterwards)
        return client


def _close_afterwards(request: Any, **_: Any) -> None:
    request.headers["Connection"] = "close"


def denied(error: Exception) -> bool:
    """By the code of S3's answer."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in DENIED


def pod_login(inventory: Inventory) -> dict[str, str]:
    """The login of the clients in pods."""
    user, password = (inventory.credentials.secret("minio", f"MINIO_ROOT_{part}") for part in ("USER", "PASSWORD"))
    way = inventory.entry_point(PORT)
    return {"host": way.address, "port": str(way.at), "user": user, "password": password}
