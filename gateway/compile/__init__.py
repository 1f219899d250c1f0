"""Signed policy in, Envoy resources out: pure functions, equal input gives equal bytes."""
