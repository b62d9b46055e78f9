"""The database that outlives a server: SQLite in its state directory, or PostgreSQL."""
