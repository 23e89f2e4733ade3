"""The administrator's dashboard: its files, and what it shows live."""
