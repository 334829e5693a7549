"""What is known about each service: how to ask its members, and what must be true of a healthy one.

One folder a service, with the same file names in each: `service.py` (who the members are and how a client
talks to them), `checks.py` (the statements that the basic suite and the installer prove). A new service is
one folder here, one file in install/ and its tests. Imports only the rooms records, inventory, remote, placement,
diagnosis, faults, workload, timing and on_host.
"""
