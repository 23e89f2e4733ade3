"""The command that takes over the tables of an earlier system."""
