"""The packages in this folder have suites of their own, which are run where they are installed and not from here."""

collect_ignore = ["echo"]
