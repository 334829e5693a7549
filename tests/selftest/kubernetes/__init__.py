"""Kubernetes on the lab: its own machines, which have no power when these tests are over."""
