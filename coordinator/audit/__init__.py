"""What was done with the coordinator, by whom, from where, and with what outcome."""
