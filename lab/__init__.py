"""The lab makes an inventory come alive on one computer: a machine with systemd and sshd for each host.

It makes what a cloud provider makes, and no more: power, network, disks, load balancers, an SSH key on each machine.
What is installed on the machines, and what is tested, sees only the inventory and SSH. The lab knows the
inventory; nothing in hadrill/ knows the lab but the power driver.
"""
