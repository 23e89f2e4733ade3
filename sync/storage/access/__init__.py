"""Who may call the coordinator's API, and what was done with it: users, API keys, the audit."""
