"""The clerk's page of a desk: its files, what it shows live, and its labels."""
