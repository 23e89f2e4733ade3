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


_PYTHON: Final = re.compile(
    r"\[?\bErrno\b|\b[A-Z][A-Za-z]+(?:Error|Exception)\b|Traceback|Connect call failed|ssl:default"
    r"|\bNone\b|\bNoneType\b|\bcodec\b|\['|\('|invalid literal|`(?:str|int|object|array|null)`"
    r"|\bmsgspec\b|\bargument --|\bint value\b|\bobject at 0x|<class |Expecting value"
    r"|\(at line \d+, column \d+\)"
)


def python_words(text: str) -> list[str]:
    """What only Python and its libraries say: names of errors, numbers of the system, quotes."""
    return [match[0] for match in _PYTHON.finditer(text)]


_STEP: Final = re.compile(
    r"(?:^|[.;:,(] )(?:[Ii]f [^.]*?[,:] |[Tt]hen |[Oo]therwise |[Pp]lease |or |and |so )*"
    r"(Add|Ask|Call|Choose|Connect|contact|Correct|Decide|Do|End|Export|Free|Give|Grant|Import"
    r"|Install|Leave|Let|Look|Make|Mend|Move|Name|Open|Print|Put|Read|Register|Remove|Rename"
    r"|Reopen|Report|Resolve|Restore|Run|See|Send|Set|Sign|Start|Stop|Switch|Take|Try|Use|Wait|Write"
    r")\b",
    re.IGNORECASE,
)


def next_step(text: str) -> str | None:
    """The first thing that a text tells people to do, None if it tells nothing."""
    found = _STEP.search(text)
    return found[1] if found else None
