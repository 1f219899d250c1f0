"""Presto for assistants: find tables, run one read-only query as the calling person."""
