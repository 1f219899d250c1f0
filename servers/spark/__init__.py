"""Spark for assistants: from a failed or slow application to its first cause, with evidence."""
