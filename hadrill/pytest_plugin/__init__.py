"""What pytest is given: fixtures for drills and chaos runs, their options, and what a failure says.

The only room besides cli that knows both the drills and their report: it hands the results of one to the other.
Nothing in hadrill/ imports this room.
"""
