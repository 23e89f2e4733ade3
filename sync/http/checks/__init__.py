"""Who may be somebody already, over HTTP."""
