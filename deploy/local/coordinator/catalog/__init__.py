"""What there is to query: catalogs, schemas, tables, their types and their data."""
