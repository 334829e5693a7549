"""The chaos run: faults from a seed on all clusters at once, until its time is over."""
