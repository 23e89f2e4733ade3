"""The words that nobody is shown who is not a programmer of mrnmesh: those of the glossary.

The code and the pages about it have exact words of their own. A clerk or an administrator does not
know them, so commands, alarms, findings, errors, logs from WARNING on and pages do without.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

GLOSSARY: Final = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"
_PHRASES: Final = ("behind (a|the|this|that) cursor", "the worst of it")
"""They say nothing to anybody."""


def engine_words() -> dict[str, str]:
    """Word of the engine -> the word that users read, from the table in the glossary."""
    text = GLOSSARY.read_text(encoding="utf-8")
    section = text.partition("\n## Words that users read\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z ,]+) \| (`.*`) \|$", section, re.M)
    return {word: users for users, words in rows for word in re.findall(r"`(.*?)`", words)}


def _pattern() -> re.Pattern[str]:
    words = [re.sub("life$", "li(fe|ve)", word) for word in engine_words()]
    return re.compile(rf"\b({'|'.join((*words, *_PHRASES))})(s|es)?\b", re.IGNORECASE)


_PRIVATE: Final = _pattern()
_ONE_OF_MANY: Final = re.compile(
    r"(?<![\w.,:/-])1 (?!is\b|was\b|has\b|does\b|stays\b|as\b)(people|[a-z]{2,}s)\b"
)
_QUOTED: Final = re.compile(r"`+[^`]*`+")


def private_words(text: str) -> list[str]:
    """The private words in a text, and what is wrongly in the plural.

    What stands in backticks is a name for programs or a command to type, and is left out.
    """
    said = _QUOTED.sub("``", text)
    return [match[0] for pattern in (_PRIVATE, _ONE_OF_MANY) for match in pattern.finditer(said)]
