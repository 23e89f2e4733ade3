"""Who looked at whom: written down soon after, kept for some time, shown to administrators."""
