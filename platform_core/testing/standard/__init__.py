"""The MCP Security Standard (docs/security-standard.md), as far as a program can check it."""
