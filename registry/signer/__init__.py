"""The only process that holds the private key; it can do one thing with it."""
