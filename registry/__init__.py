"""The service that decides: what exists, who may use it, what happened."""
