"""Module 9: Kubernetes on its servers and agents, by one of two distributions, and the addons that both get.

A distribution says what lies on a host and in which order hosts begin; everything after that is the same for both and
goes through the API.
"""

from hadrill.install.kubernetes.module import beforehand, install

__all__ = ["beforehand", "install"]
