"""The engine of mrnmesh: a grow-only set of signed facts, its replication and its projection."""
