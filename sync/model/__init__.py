"""The values and their bytes; nothing is decided here."""
