"""Our own logic, without a lab."""
