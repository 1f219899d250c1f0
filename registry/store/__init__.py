"""What the registry remembers."""
