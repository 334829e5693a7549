"""Can the diagnosis name each cause? The lab is misconfigured on purpose, one cause at a time.

Each case is really applied to real servers, journaled like a fault with a way back on the host itself, and taken back.
"""
