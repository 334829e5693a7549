"""hadrill installs highly available stacks, proves that they work, and says what breaking them costs a client.

Imports point one way; tools/rooms.py has the order of the rooms.
"""

__version__ = "0.2.0"
