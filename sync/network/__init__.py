"""Sockets: dial, accept, one connection a peer."""
