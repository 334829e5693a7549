"""PostgreSQL under Patroni, with HAProxy and PgBouncer in front. Patroni's words: leader, replica."""

from hadrill.services.postgresql.service import Postgresql

__all__ = ["Postgresql"]
