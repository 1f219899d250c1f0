"""What readers found missing, wrong or stale, on its way to the owner."""
