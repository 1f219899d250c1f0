"""Which statements we are willing to send."""
