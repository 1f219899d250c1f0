"""What programs ask the registry."""
