"""The MinIO cluster: its nodes, and how a client reaches them."""

from typing import Any

import boto3
from botocore.config import Config

from hadrill.inventory import Inventory, Role
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS

PORT = 9000
CONSOLE_PORT = 9001


class Minio:
    """One distributed MinIO."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.members = inventory.of_role(Role.MINIO)

    def client(self, address: str) -> Any:
        """An S3 client of one node that never tries again by itself."""
        secret = self.inventory.credentials.secret
        return boto3.client(
            "s3",
            endpoint_url=f"http://{address}:{PORT}",
            region_name="us-east-1",
            aws_access_key_id=secret(Role.MINIO, "MINIO_ROOT_USER"),
            aws_secret_access_key=secret(Role.MINIO, "MINIO_ROOT_PASSWORD"),
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=ANSWER_SECONDS,
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1, "mode": "standard"},
            ),
        )
