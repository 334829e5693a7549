"""What users run to break things on purpose: `pytest -m failover`. Each drill says in seconds and writes what it cost."""
