"""The texts of the pages: one file a language, in the format of Fluent (projectfluent.org).

The browser reads them as they are. A translator adds a language by adding its files; nothing else
names the languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypedDict

ENGLISH: Final = "en"
_NAME: Final = re.compile(r"^language-name = (.+)$", re.MULTILINE)
_DIRECTION: Final = re.compile(r"^language-direction = (ltr|rtl)$", re.MULTILINE)


class Language(TypedDict):
    """A language that the pages speak: its own name, and where its lines begin."""

    code: str
    name: str
    direction: str


class Texts:
    """The texts of the pages of one daemon.

    Args:
        shared: code of a language -> the texts of all pages; says what its name and direction are.
        own: code of a language -> the texts of this daemon's page.
    """

    def __init__(self, shared: Mapping[str, str], own: Mapping[str, str]) -> None:
        self._texts = {code: f"{shared[code]}\n{own[code]}" for code in shared.keys() & own}

    @property
    def languages(self) -> list[Language]:
        """All languages, English first."""
        codes = sorted(self._texts, key=lambda code: (code != ENGLISH, code))
        return [_language(code, self._texts[code]) for code in codes]

    def of(self, code: str) -> str | None:
        """The texts in a language, None if there are none."""
        return self._texts.get(code)


def _language(code: str, text: str) -> Language:
    name, direction = _NAME.search(text), _DIRECTION.search(text)
    return {
        "code": code,
        "name": name[1] if name else code,
        "direction": direction[1] if direction else "ltr",
    }
