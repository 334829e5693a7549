"""The suite that users run (basic, hosts), and the project's own tests (selftest)."""
