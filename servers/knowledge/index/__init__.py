"""What was read, split, remembered and found again: each for its own audience."""
