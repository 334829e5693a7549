"""Measures beside what one would use instead, in one run, as ratios. Never part of a test.

`make bench` prints the table. It uses the lab and takes its data: installing is measured from bare machines.
`python -m bench start` only asks: how long one waits for a command, and for the basic checks.
"""
