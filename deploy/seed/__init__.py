"""The smallest real server: what a team copies."""
