"""What a run says: a table on the console, summary.json and summary.md, and one HTML page by Allure.

This room knows outcomes of checks and results of drills, not services: it is given a function that asks what is
running.
"""
