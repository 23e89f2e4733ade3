"""Users, API keys and the audit from the command line."""
