"""The 13 basic checks, one file a service."""
