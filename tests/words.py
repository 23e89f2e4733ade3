"""The words that nobody is shown who is not a programmer of mrnmesh, and what is said instead.

The code and the pages about it have exact words of their own. A clerk or an administrator does not
know them, so commands, alarms, findings, errors, logs from WARNING on and pages do without.
"""

from __future__ import annotations

import re
from typing import Final

PRIVATE: Final = {
    r"verdicts?": "confirmed, number refused, or waiting for confirmation",
    r"facts?": "record",
    r"batch(es)?": "part",
    r"shards?": "part",
    r"replicas?": "desk, coordinator, daemon, or copy of the register",
    r"incarnations?": "copy of the database",
    r"(new|earlier|another|former|old) li(fe|ves)": "an earlier copy of this database",
    r"(own|its|their) past": "was copied or set back",
    r"behind (a|the|this|that) cursor": "after, since",
    r"twins?": "a number that looks like it; a copy of a desk",
    r"projections?": "tables",
    r"admitted": "confirmed",
    r"rejected": "number refused",
    r"pending": "waiting",
    r"provisional(ly)?": "until the coordinator confirms",
    r"the worst of it": "how many problems and warnings there are",
}
"""Pattern of a word -> what people read instead."""

_PRIVATE: Final = re.compile(rf"\b({'|'.join(PRIVATE)})\b", re.IGNORECASE)
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
