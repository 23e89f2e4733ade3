"""What the columns of a table look like, so that whoever imports sees how it is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal, NamedTuple

from coordinator.importing.columns import TableKind
from sync.model import phrases, typed

DATE_FORMATS: Final = {
    "%Y-%m-%d": "YYYY-MM-DD",
    "%d/%m/%Y": "DD/MM/YYYY",
    "%m/%d/%Y": "MM/DD/YYYY",
    "%d-%m-%Y": "DD-MM-YYYY",
    "%d.%m.%Y": "DD.MM.YYYY",
    "%Y/%m/%d": "YYYY/MM/DD",
    "%Y%m%d": "YYYYMMDD",
    "%d-%b-%Y": "DD-Mon-YYYY",
    "%d %b %Y": "DD Mon YYYY",
    "%d/%m/%y": "DD/MM/YY",
    "%m/%d/%y": "MM/DD/YY",
    "%d-%m-%y": "DD-MM-YY",
    "%d-%b-%y": "DD-Mon-YY",
}
"""Format for ``--date-format`` -> how people write it."""

ISO: Final = "%Y-%m-%d"
SHAPES_MAX: Final = 1000
SAMPLES: Final = 3
_TIME: Final = re.compile(
    r"[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{0,2})?$"
)


Form = Literal["csv", "csv_tabs", "workbook", "workbook_more"]
Look = Literal[
    "empty",
    "filled",
    "dates",
    "dates_either",
    "no_dates",
    "other",
    "other_as",
    "others",
    "digits",
    "like",
]


class Described(NamedTuple):
    """What is said about a file (`Form`) or a column of it (`Look`), in English and by its code.

    ``terms`` are the numbers and words in the text, for pages that say it in another language.
    """

    text: str
    code: Form | Look
    terms: dict[str, str | int]


class Profile:
    """What was seen in the cells of each column.

    Args:
        kind: the table; its first required column is the one that names a row.
    """

    def __init__(self, kind: TableKind) -> None:
        self._kind = kind
        self._columns: dict[str, _Column] = {}

    def add(self, cells: dict[str, str]) -> None:
        """Look at one row."""
        for name, cell in cells.items():
            if name not in self._columns:
                self._columns[name] = _Column(is_date=name in self._kind.dates)
            if text := cell.strip():
                self._columns[name].add(text)

    def misfit(self, column: str, date_format: str | None) -> str | None:
        """Why the dates of a column cannot be meant as they would be read; None if they can.

        Some dates that fit nothing are normal in an old register. When most of them do not fit,
        the format is wrong, and everybody would lose the date of birth.
        """
        if date_format is not None and not is_format(date_format):
            return f"{date_format!r} is no form of a whole date, as %d/%m/%Y is"
        best = self.better(column, date_format)
        if not best:
            return None
        seen, used = self._columns[column], date_format or ISO
        fits, better = self._fits(column, used), seen.dates[best[0]]
        named = " or ".join(f"--date-format {one}" for one in best)
        both = (
            " (day and month cannot be told apart: ask whoever made the file)"
            if " or " in named
            else ""
        )
        return (
            f"{fits:,} of {seen.filled:,} cells in the column {column} are dates as "
            f"{DATE_FORMATS.get(used, used)}; add {named}, as which {better:,} can be read{both}"
        )

    def better(self, column: str, date_format: str | None = None) -> list[str]:
        """The formats that the dates of a column fit best, where one format fits hardly any."""
        seen = self._columns.get(column)
        if seen is None or not seen.filled:
            return []
        fits = self._fits(column, date_format or ISO)
        better = [one for one, count in seen.dates.items() if count > max(fits, seen.filled / 2)]
        if not better or fits * 2 > seen.filled:
            return []
        best = max(seen.dates[one] for one in better)
        return [one for one in better if seen.dates[one] == best]

    def columns(self) -> list[tuple[str, list[Described]]]:
        """Each column, with how many cells are filled and what they look like."""
        first = self._kind.required[:1]
        return [(name, one.said(is_first=name in first)) for name, one in self._columns.items()]

    def text(self) -> list[str]:
        """A line for each column: how many cells are filled, and what they look like."""
        width = max((len(name) for name in self._columns), default=0)
        return [f"  {name:<{width}}  {in_english(said)}" for name, said in self.columns()]

    def _fits(self, column: str, date_format: str) -> int:
        """How many cells of a column are dates in a format; all for one that nobody knows."""
        seen = self._columns[column]
        return seen.dates[date_format] if date_format in DATE_FORMATS else seen.filled


def in_english(said: Iterable[Described]) -> str:
    """All that is said about one column."""
    return "; ".join(one.text for one in said)


class _Column:
    def __init__(self, *, is_date: bool) -> None:
        self.filled = 0
        self.dates: Counter[str] = Counter()
        self._is_date = is_date
        self._shapes: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._samples: list[str] = []

    def add(self, text: str) -> None:
        self.filled += 1
        if self._is_date:
            self._add_date(text)
        shape = _shape(text)
        if shape in self._shapes or len(self._shapes) < SHAPES_MAX:
            self._shapes[shape] += 1
            self._examples.setdefault(shape, text)
        # Letters beyond ASCII show at a glance whether the encoding is right.
        if len(self._samples) < SAMPLES:
            self._samples.append(text)
        elif not text.isascii() and text not in self._samples:
            for at, sample in enumerate(self._samples):
                if sample.isascii():
                    self._samples[at] = text
                    break

    def _add_date(self, text: str) -> None:
        day = _TIME.sub("", typed.code(text))
        fits = [one for one in DATE_FORMATS if _is_date(day, one)]
        self.dates.update(fits)
        if not fits:
            self._examples.setdefault("no date", text)

    def said(self, *, is_first: bool) -> list[Described]:
        if not self.filled:
            return [Described("empty", "empty", {})]
        if self._is_date:
            return self._said_of_dates()
        if is_first:
            return self._said_of_shapes()
        samples = ", ".join(sample[:40] for sample in self._samples)
        text = f"{self.filled:,} filled: {samples}"
        return [Described(text, "filled", {"count": self.filled, "samples": samples})]

    def _said_of_dates(self) -> list[Described]:
        best = max(self.dates.values(), default=0)
        said = [self._dates(best) if best else Described("no dates", "no_dates", {})]
        rest = self.filled - best
        example = self._examples.get("no date", "")[:40]
        if rest and example:
            text = f"{rest:,} other, for example {example}"
            said.append(Described(text, "other_as", {"count": rest, "example": example}))
        elif rest:
            said.append(Described(f"{rest:,} other", "other", {"count": rest}))
        return said

    def _dates(self, best: int) -> Described:
        forms = [DATE_FORMATS[one] for one, count in self.dates.items() if count == best]
        text = f"{phrases.count(best, 'date')} as {' or '.join(forms)}"
        code: Look = "dates" if len(forms) == 1 else "dates_either"
        return Described(text, code, {"count": best, "forms": ", ".join(forms)})

    def _said_of_shapes(self) -> list[Described]:
        shapes = self._shapes.most_common()
        said = [_alike(shape, count, self._examples[shape]) for shape, count in shapes[:3]]
        if rest := shapes[3:]:
            count = sum(count for _, count in rest)
            samples = ", ".join(self._examples[shape][:20] for shape, _ in rest[:4])
            text = f"{count:,} other: {samples}"
            said.append(Described(text, "others", {"count": count, "samples": samples}))
        return said


def _shape(text: str) -> str:
    """Digits as 9 and letters as A: what two cells have in common that were made alike."""
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", text[:60]))


def _alike(shape: str, count: int, example: str) -> Described:
    """How many cells have a shape."""
    if set(shape) == {"9"}:
        digits, shown = len(shape), example[:20]
        text = f"{count:,} of {phrases.count(digits, 'digit')} ({shown})"
        return Described(text, "digits", {"count": count, "digits": digits, "example": shown})
    shown = example[:40]
    return Described(f"{count:,} like {shown}", "like", {"count": count, "example": shown})


def is_format(date_format: str) -> bool:
    """True for a text by which a whole date can be written and read again."""
    day = datetime(2001, 12, 31)
    try:
        return datetime.strptime(day.strftime(date_format), date_format) == day
    except (ValueError, re.error):  # the latter where something stands in it twice
        return False


def _is_date(text: str, date_format: str) -> bool:
    try:
        datetime.strptime(text, date_format)
    except ValueError:
        return False
    # `strptime` takes 24 for a year of four digits.
    return "%Y" not in date_format or re.search(r"[0-9]{4}", text) is not None
