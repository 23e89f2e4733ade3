"""What the coordinator keeps an eye on, at the command line."""
