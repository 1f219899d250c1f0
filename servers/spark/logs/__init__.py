"""Logs of drivers and executors: found by a template, read as a stream, shown in a few hundred words."""
