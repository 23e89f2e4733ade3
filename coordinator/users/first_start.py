"""The secret with which the first user is made, on the page and at the coordinator's computer.

It has 100 random bits, so a plain hash of it is enough. The hash lies in a file of the data folder
(`coordinator.users.console`), and the secret is worth nothing once there is a user.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path
from typing import Final

from coordinator.users import console
from sync.storage import files
from sync.trust import program_keys

FILE: Final = "setup-secret"
COMMAND: Final = "mrnmesh-coordinator setup-secret"
ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Without letters that are read as digits or as one another (Crockford's base 32)."""
GROUPS: Final = 5
GROUP_LETTERS: Final = 4
_MEANT: Final = str.maketrans("ilo", "110")


def fresh(folder: Path) -> str:
    """Make a secret for a data folder; an earlier one is good no longer.

    Raises:
        OSError: this user may not write into the folder.
    """
    letters = [secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP_LETTERS)]
    groups = ["".join(letters[at::GROUPS]) for at in range(GROUPS)]
    secret = "-".join(groups)
    console.leave(folder, FILE, program_keys.digest(_plain(secret)))
    return secret


def is_right(folder: Path, typed: str) -> bool:
    """True if that is the secret of a data folder, however it is written."""
    kept = console.left(folder, FILE, program_keys.is_digest, COMMAND)
    return kept is not None and hmac.compare_digest(kept, program_keys.digest(_plain(typed)))


def done(folder: Path) -> None:
    """Remove the hash of a secret that was used."""
    files.remove(folder / FILE)


def _plain(secret: str) -> str:
    return "".join(filter(str.isalnum, secret.lower())).translate(_MEANT)
