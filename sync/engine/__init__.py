"""One transaction, one writer, one replica: the only way to change anything."""
