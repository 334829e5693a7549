"""Redis' section of settings.yaml."""

from pydantic import Field

from hadrill.inventory.settings import Section


class RedisSettings(Section):
    """Sentinel's settings: the time values are milliseconds, as in Sentinel itself."""

    master_name: str = "kb-redis-master"
    quorum: int = Field(default=2, ge=1)
    down_after_ms: int = Field(default=5000, ge=100)
    failover_timeout_ms: int = Field(default=60000, ge=1000)
    update_interval_seconds: int = Field(default=15, ge=1)
