"""Who does something: a name, and how it is known."""
