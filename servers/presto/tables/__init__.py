"""The tables that a person may see, and which of them to choose."""
