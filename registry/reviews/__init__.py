"""What reviews are: what is handed in, what is decided about it, and what comes of it."""
