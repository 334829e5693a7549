"""Kubernetes: servers that hold etcd and the API, agents that carry pods, and the ingress on all of them."""

from hadrill.services.kubernetes.service import Kubernetes

__all__ = ["Kubernetes"]
