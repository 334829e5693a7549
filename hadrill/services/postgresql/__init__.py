"""PostgreSQL under Patroni, with HAProxy and PgBouncer in front. Patroni's words: leader, replica."""
