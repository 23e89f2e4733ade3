"""The coordinator: joining of desks, allocation of number ranges, verdicts and conflicts."""
