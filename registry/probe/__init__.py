"""How each server really is."""
