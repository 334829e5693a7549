"""What keeps an experiment from becoming an accident: consent, guard, lease, journal, watchdog, and who heals.

Everything that undoes a fault works without the runner: it lies on the target before the fault is made.
"""
