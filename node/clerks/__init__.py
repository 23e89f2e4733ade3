"""Who works at a desk: names, and who sits at its page."""
