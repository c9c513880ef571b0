"""What a site's controller has on record, in SQLite or PostgreSQL; see docs/journal.md."""
