"""How much may be pushed before the peer acknowledges."""

from __future__ import annotations

from typing import Final

PUSHES_MAX: Final = 8
BYTES_MAX: Final = 256 * 1024


class Window:
    """Pushes that are on their way: sequence number -> bytes."""

    def __init__(self) -> None:
        self.waiting_since_ms = 0
        self._sizes: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._sizes)

    def has_room(self, size: int) -> bool:
        """True when a push of so many bytes may go now."""
        return len(self._sizes) < PUSHES_MAX and sum(self._sizes.values()) + size <= BYTES_MAX

    def add(self, seq: int, size: int, now_ms: int) -> None:
        """A push goes out."""
        if not self._sizes:
            self.waiting_since_ms = now_ms
        self._sizes[seq] = size

    def acknowledge(self, seq: int, now_ms: int) -> bool:
        """A push is dealt with; False when there was none of this number."""
        self.waiting_since_ms = now_ms
        return self._sizes.pop(seq, None) is not None
