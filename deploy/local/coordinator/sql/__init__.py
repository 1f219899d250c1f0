"""From the text of a statement to a plan that DuckDB can run."""
