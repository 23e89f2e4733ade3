"""What the coordinator keeps an eye on, over HTTP."""
