"""Finds out what runs on machines that somebody else set up, and writes it down as an inventory. It only reads.

`survey` looks at every host at once; `recognise` lets each service say which programs are its own, and asks what these
know of their peers; `grouping` makes clusters and ways in of what they answer; `writing` makes the files.
"""
