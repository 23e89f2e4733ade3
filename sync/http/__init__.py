"""The HTTP APIs of both daemons: operations are declared once, checked and described."""
