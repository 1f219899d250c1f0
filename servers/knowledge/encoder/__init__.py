"""Text becomes vectors: a port, and the engines behind it."""
