"""What follows from facts: pure functions and folds."""
