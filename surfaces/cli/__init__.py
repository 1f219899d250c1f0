"""The command `seedbed`: log in once, then see and call what you may."""
