"""Everything that needs real machines: installing, breaking, healing."""
