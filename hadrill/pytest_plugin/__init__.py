"""What pytest is given: fixtures for drills and chaos runs, their options, and what a failure says.

The only room besides cli that knows both the drills and their report: it hands the drills' results to the report.
Nothing in hadrill/ imports this room.
"""
