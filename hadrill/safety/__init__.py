"""What keeps a drill from becoming an accident: consent, guard, lease, journal, dead man's timer, watchdog, heal.

Everything that undoes a fault works without the runner: it lies on the target before the fault is made.
"""
