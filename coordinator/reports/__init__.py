"""What reports say: the ledger of numbers, outages, how far numbers reach."""
