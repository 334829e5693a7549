"""What `fab -l` finds: the installer's tasks."""

from hadrill.install.tasks import (  # noqa: F401 - Fabric collects them from here
    base,
    clean,
    everything,
    inventory,
    kubernetes,
    mariadb,
    minio,
    postgresql,
    rabbitmq,
    redis,
    sql_proxy,
)
