"""hadrill installs highly available stacks, proves that they work, and says what breaking them costs a client.

Imports point one way; tools/rooms.py has the order of the rooms.
"""
