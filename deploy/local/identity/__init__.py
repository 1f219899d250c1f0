"""The identity provider of a development machine; hosted, the company's sign-in takes its place."""
