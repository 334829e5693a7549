"""Hypothesis, for properties that have nothing to do with time: what a busy computer draws slowly is no failure."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

__all__ = ["given", "settings", "st"]

# Before any property is made: each takes the settings that hold then.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
