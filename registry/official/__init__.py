"""The official registry's API (v0.1), as stock clients read it: anonymous, minimal, reading only."""
