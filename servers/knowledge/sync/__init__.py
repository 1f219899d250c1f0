"""What the sources say now becomes what the index answers from."""
