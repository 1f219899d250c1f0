"""A small server with a tool of every kind, for the tests of the core."""
