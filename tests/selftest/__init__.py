"""What developers run: unit/ without a lab, lab/ with one."""
