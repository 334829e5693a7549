"""MinIO's section of settings.yaml."""

from typing import Literal

from pydantic import Field

from hadrill.inventory.settings import Section


class MinioSettings(Section):
    """Where applications find S3: `haproxy` in front of all nodes, or the first `node` alone.

    Reads wait `drive_seconds` for a node that is frozen, which must be less than clients wait; MinIO takes 1 s for 30.
    """

    entry: Literal["haproxy", "node"] = "haproxy"
    drive_seconds: int = Field(default=10, ge=2)
