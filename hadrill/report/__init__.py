"""What a run says: a table on the console, summary.json and summary.md, and one HTML page by Allure.

Knows outcomes of checks only, not services. Imports only the inventory.
"""
