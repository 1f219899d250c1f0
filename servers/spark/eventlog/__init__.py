"""Spark event logs: from files in any of Spark's codecs to one bounded digest of an application's attempt."""
