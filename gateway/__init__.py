"""Makes Envoy obey: signed policy in, Envoy configuration out."""
