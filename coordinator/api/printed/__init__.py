"""How numbers are printed, over HTTP."""
