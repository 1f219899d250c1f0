"""What people see of the registry."""
