"""Hosts themselves: what module 2 makes of them, and which of their ports answer whom."""
