"""Distributed MinIO: every node serves every object; there is no leader."""
