"""When facts say to have been written, and what is believed of that."""
