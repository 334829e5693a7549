"""The SQL proxies in front of Galera, as targets of drills."""
