"""A service that says what it hears: two members of equal rank, which keep nothing."""
