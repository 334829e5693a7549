"""PostgreSQL's section of settings.yaml."""

from pydantic import Field

from hadrill.inventory.settings import Section


class PostgresqlSettings(Section):
    """Patroni's dynamic configuration: seconds, and bytes for the lag."""

    ttl: int = Field(default=30, ge=20)
    loop_wait: int = Field(default=10, ge=1)
    retry_timeout: int = Field(default=10, ge=3)
    maximum_lag_on_failover: int = Field(default=1048576, ge=0)
