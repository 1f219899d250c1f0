"""The server of the guide, as its author leaves it."""
