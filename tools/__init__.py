"""Programs for people who develop hadrill."""
