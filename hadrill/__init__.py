"""hadrill installs highly available stacks, proves that they work, and says what breaking them costs a client.

Imports point one way: cli, plugin and tests -> services -> timing, remote -> inventory.
"""
