"""How much, how many and how long: every limit of the protocol.

What a peer sends is bounded before it is looked at, so that nobody's faulty software fills the
memory of a desk. Limits on the length of a list or a text are part of the protocol: both sides must
have the same ones.
"""

from __future__ import annotations

from typing import Final

# bytes

FRAME_BYTES_MAX: Final = 256 * 1024
"""Of a frame, and of what it unpacks to."""
BATCH_FIELDS_BYTES_MAX: Final = 512
"""Of everything in a batch but its update."""
PIECE_BYTES_MAX: Final = FRAME_BYTES_MAX - 4096
"""Of all batches in one message; the rest of the frame is for the message's own fields."""
PUSHED_BYTES_MAX: Final = 256 * 1024
"""Of pushes that the peer has not acknowledged."""

HELLO_BYTES_MAX: Final = 2048
"""Of a frame of a peer that has not proved yet who it is."""
INBOX_BYTES_MAX: Final = 4 * FRAME_BYTES_MAX
"""Of messages that wait while the session does not deal with any."""

# lists and texts in one message

ROWS_MAX: Final = 1000
SHARDS_ASKED_MAX: Final = 32
ENDS_MAX: Final = 4096
WISHES_MAX: Final = 8
OWN_ENDS_MAX: Final = 64
"""How many of its own ends the asker names in one wish."""
BATCHES_MAX: Final = 256
VERSIONS_MAX: Final = 16
TEXT_MAX: Final = 300
CODE_MAX: Final = 64
ADDRESSES_MAX: Final = 4
"""Of one replica."""
ADDRESS_LENGTH_MAX: Final = 60
SIGNED_ADDRESSES_MAX: Final = 64
"""Replicas whose addresses are in one message."""
PINS_MAX: Final = 500
"""Clerks whose PINs are in one message."""
PORTS_MAX: Final = 4
"""Ports that a peer is asked to try."""
ID_MAX: Final = (1 << 53) - 1
CLOCK_MS_MAX: Final = (1 << 53) - 1

# what one connection keeps

INBOX_MAX: Final = 256
"""Messages that wait while the session does not deal with any."""
INBOX_HELLO_MAX: Final = 4
"""The same, of a peer that has not proved yet who it is: a hello, a proof, a goodbye."""
SERVED_AT_ONCE_MAX: Final = 16
"""Requests of the peer that wait for this replica."""
WANTS_MAX: Final = 2
"""Wants that are on their way."""
PUSHES_MAX: Final = 8
"""Pushes that the peer has not acknowledged, of each of the two kinds."""
NUMBERS_AT_ONCE_MAX: Final = 64
"""Requests for numbers that have no answer yet."""
AUTHORS_MAX: Final = 10_000
"""Authors that one summary may hold of which something differs."""
EARLY_MAX: Final = 256
"""Shards of which something came too early."""
ENDS_COMPARED_MAX: Final = 32
"""Ends of the peer that this replica compares in one piece of work."""
PARKED_MAX: Final = 1000
"""Shards in which something invalid came."""

# time

HANDSHAKE_MS_MAX: Final = 10_000
ANSWER_MS_MAX: Final = 60_000
REGISTRY_MS_MAX: Final = 600_000
"""For how long two replicas may exchange the registry before they let each other in."""
REFUSED_IDLE_MS_MAX: Final = 10_000
"""For how long a refused peer may be silent."""
REFUSED_MS_MAX: Final = 60_000
"""For how long a refused peer may fetch the registry."""
EXPELLED_MS_MAX: Final = 100
"""For how long a peer that was revoked in the middle may fetch the registry, until the next tick.

It hears of nothing else meanwhile. If that was too short for it, it connects again, and is told.
"""
COMPARE_EVERY_MS: Final = 30_000
CLOCK_DIFFERENCE_MS_MAX: Final = 600_000
"""Clocks that differ by more are reported."""
