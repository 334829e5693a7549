"""MariaDB with Galera, behind a SQL proxy. Galera's word: node."""

from hadrill.services.mariadb.service import Mariadb

__all__ = ["Mariadb"]
