"""A SQL engine on one machine that speaks Trino's statement protocol; hosted, a cluster takes its place."""
