"""Kubernetes on the lab: its own machines, before those of the data services are there."""
