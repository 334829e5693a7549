"""Kubernetes: servers that hold etcd and the API, agents that carry pods, and the ingress on all of them."""
