"""The command lines of the coordinator."""
