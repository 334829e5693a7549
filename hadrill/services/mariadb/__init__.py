"""MariaDB with Galera, behind a SQL proxy. Galera's word: node."""
