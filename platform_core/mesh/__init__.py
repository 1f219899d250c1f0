"""What a part needs to have a SPIFFE identity and to use it."""
