"""The names of users and keys, by which a decision says whose it is: nobody has another's name."""

from __future__ import annotations

import unicodedata
from typing import Final

from coordinator.errors import BadUserName, NameTaken
from sync.storage.store import Store

LENGTH_MAX: Final = 60
_BETWEEN: Final = frozenset(" .-_'")


def folded(name: str) -> str:
    """What two names are compared by: in any case, and with any spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def as_name(text: str) -> str:
    """A name as it is kept.

    Raises:
        BadUserName: it is empty, too long, or has characters that could deceive.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 0 < len(name) <= LENGTH_MAX:
        raise BadUserName(name=name[:LENGTH_MAX], why=f"a name has 1 to {LENGTH_MAX} letters")
    # Letters with their marks, as in Urdu, but nothing that is not seen or turns the text round.
    for letter in name:
        category = unicodedata.category(letter)[0]
        if category not in "LMN" and letter not in _BETWEEN:
            raise BadUserName(
                name="".join(one for one in name if one.isprintable()),
                why="it has a character that is no letter, digit, space or one of . - _ '",
            )
    if unicodedata.category(name[0])[0] not in "LN":
        raise BadUserName(name=name, why="it begins with a letter or a digit")
    return name


def require_free(store: Store, name: str) -> None:
    """Raise if a user, or a key that was not withdrawn, has a name.

    Raises:
        NameTaken: somebody has.
    """
    wanted = folded(name)
    if store.users.find(wanted) is not None:
        raise NameTaken(name=name, what="user")
    for key in store.api_keys.all():
        if key.withdrawn_ms is None and folded(key.name) == wanted:
            raise NameTaken(name=name, what="API key")
