"""The write-ahead log of SQLite, as far as it has to be read by ourselves."""
