"""What this server remembers between calls: queries that run on, and statements that ran."""
