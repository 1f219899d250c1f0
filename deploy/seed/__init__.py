"""Seed, a server: its facts and its tools."""
