"""Basic checks of distributed MinIO."""

import pytest

from hadrill.services.minio import checks
from hadrill.services.minio.service import Minio

pytestmark = pytest.mark.service("minio")


def test_objects(minio: Minio) -> None:
    """What is put through each node is got through every node, byte for byte."""
    checks.objects(minio)
