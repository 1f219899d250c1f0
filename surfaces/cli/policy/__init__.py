"""Policies in words: what one says, whom a change lets in or out, what it says to a caller that you make up."""
