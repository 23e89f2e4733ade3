"""Whether the tables that are made from the records are what they are to be."""
