"""Redis with a Sentinel beside each member, and HAProxy in front. Redis' words: master, replica."""

from hadrill.services.redis.service import Redis

__all__ = ["Redis"]
