"""The whole stack as local processes: up, down, status, logs."""
