"""Module 2: every host, and the port matrix."""
