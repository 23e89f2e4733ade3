"""Which commits a read may see: no number leaves the process before the witness knows of it."""

from __future__ import annotations

import threading


class NotShown(Exception):
    """The commit that a read would see could not be told to the witness."""


class Shown:
    """The newest commit that may be seen; the writer's thread raises it, readers wait for it.

    A commit becomes visible to other connections before the witness has its number (the witness is
    never ahead of the database, see docs/decisions/0006). So a read first fixes what it sees, and
    then waits until that commit may be seen.
    """

    def __init__(self, commit: int) -> None:
        self._commit = commit
        self._is_stuck = False
        self._changed = threading.Condition()

    def advance(self, commit: int) -> None:
        """Commits up to this number are witnessed."""
        with self._changed:
            self._commit = commit
            self._is_stuck = False
            self._changed.notify_all()

    def stop(self) -> None:
        """The witness could not be told; whoever waits gets `NotShown` until `advance`."""
        with self._changed:
            self._is_stuck = True
            self._changed.notify_all()

    def wait_for(self, commit: int) -> None:
        """Wait until a commit may be seen.

        Raises:
            NotShown: the witness cannot be told.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._commit >= commit or self._is_stuck)
            if self._commit < commit:
                raise NotShown
