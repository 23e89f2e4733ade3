"""Who works at a desk: names, PINs, and who sits at its page."""
