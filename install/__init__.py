"""The installer: one thin Fabric task a module, which brings hosts to a desired state over SSH.

A module says what must be on each host (desired.py); a small program that runs on the host compares and
changes only what differs (hadrill/on_host/apply.py); members that need a restart get it one at a time (rolling.py).
Nothing here knows the lab: it sees an inventory and SSH.
"""
