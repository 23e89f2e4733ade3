"""The coordinator's API for other computers: over HTTPS, with certificates that browsers take."""
