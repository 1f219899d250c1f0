"""Knowledge, a server: its facts and its tools."""
