"""Distributed MinIO: every node serves every object; there is no leader."""

from hadrill.services.minio.service import Minio

__all__ = ["Minio"]
