"""Runs in a pod (hadrill/on_host/pod_clients.py), where hadrill is not: a round trip with MinIO."""

import os
from typing import Any

import boto3
from botocore.config import Config

LIMIT = 2
"""Seconds that a connection may take, and that an answer may take."""
KEPT: dict[str, Any] = {}


def round_trip(login: dict[str, str]) -> bool:
    """PUT and GET. Building a client is slow in this library, so it is kept."""
    if "minio" not in KEPT:
        KEPT["minio"] = boto3.client(
            "s3",
            endpoint_url=f"http://{login['host']}:{login.get('port', 9000)}",
            region_name="us-east-1",
            aws_access_key_id=login["user"],
            aws_secret_access_key=login["password"],
            config=Config(
                connect_timeout=LIMIT,
                read_timeout=2 * LIMIT,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )
    place = {"Bucket": login["bucket"], "Key": os.environ["NODE"]}
    KEPT["minio"].put_object(**place, Body=b"42")
    return bool(KEPT["minio"].get_object(**place)["Body"].read() == b"42")
