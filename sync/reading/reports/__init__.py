"""What reports are made of: registrations by day, and what became of each number."""
