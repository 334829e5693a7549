"""What users run to break things on purpose: `pytest -m failover`. Each drill says what it cost."""
