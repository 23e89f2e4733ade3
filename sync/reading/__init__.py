"""Every SQL statement of a read-only connection, and the shapes of the answers."""
