"""Who may call the coordinator's API: people who sign in, and the API keys of programs."""
