"""Hosts themselves: what the base module installs on them, and which of their ports answer whom."""
