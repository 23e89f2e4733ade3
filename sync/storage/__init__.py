"""Every SQL statement that writes, and the files."""
