"""The mesh's certificates on one machine: a small authority, and the agent that hands out identities."""
