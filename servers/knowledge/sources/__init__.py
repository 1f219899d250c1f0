"""Where documents come from: small connectors with one contract."""
