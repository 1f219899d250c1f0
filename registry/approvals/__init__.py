"""Answers to what the tools of servers ask people."""
