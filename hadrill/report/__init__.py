"""What a run says: a table on the console, summary.json and summary.md, and one HTML page by Allure.

Knows outcomes of checks, not services: what is really running is asked through a function that it is given.
"""
