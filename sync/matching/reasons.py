"""What speaks for and against one person, in words that a clerk understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from sync.matching.scoring import Score

BITS_MIN: Final = 1.0
"""What says less is not told."""

RELATIVE_MIN: Final = 0.3
"""So probable relatives are told of."""


class LikenessReason(NamedTuple):
    """One reason: a code for programs, whether it speaks for one person, and words for clerks."""

    code: str
    speaks_for: bool
    en: str
    ur: str


_WORDS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("name", "same"): ("name agrees", "نام ایک جیسا ہے"),
    ("name", "part"): ("name agrees in part", "نام کا کچھ حصہ ایک جیسا ہے"),
    ("name", "other"): ("name differs", "نام مختلف ہے"),
    ("father", "same"): ("father agrees", "والد کا نام ایک جیسا ہے"),
    ("father", "part"): ("father agrees in part", "والد کے نام کا کچھ حصہ ایک جیسا ہے"),
    ("father", "other"): ("father differs", "والد کا نام مختلف ہے"),
    ("dob", "exact"): ("same date of birth", "تاریخ پیدائش ایک ہی ہے"),
    ("dob", "swapped"): (
        "day and month of birth are swapped",
        "تاریخ پیدائش میں دن اور مہینہ الٹے ہیں",
    ),
    ("dob", "slip"): (
        "date of birth differs in one digit or day",
        "تاریخ پیدائش میں ایک ہندسے یا دن کا فرق ہے",
    ),
    ("dob", "month_day"): (
        "same day and month of birth, another year",
        "پیدائش کا دن اور مہینہ ایک ہے، سال مختلف ہے",
    ),
    ("dob", "year"): ("same year of birth", "پیدائش کا سال ایک ہی ہے"),
    ("dob", "other"): ("date of birth differs", "تاریخ پیدائش مختلف ہے"),
    ("age", "1"): ("age agrees within a year", "عمر میں ایک سال تک کا فرق ہے"),
    ("age", "2"): ("age agrees within 2 years", "عمر میں دو سال تک کا فرق ہے"),
    ("age", "3"): ("age agrees within 3 years", "عمر میں تین سال تک کا فرق ہے"),
    ("age", "5"): ("age agrees within 5 years", "عمر میں پانچ سال تک کا فرق ہے"),
    ("age", "10"): ("age agrees within 10 years", "عمر میں دس سال تک کا فرق ہے"),
    ("age", "more"): ("age differs", "عمر مختلف ہے"),
    ("script", "same"): ("name in the same script", "نام اسی رسم الخط میں ہے"),
    ("script", "other"): ("name in the other script", "نام دوسرے رسم الخط میں ہے"),
    ("sex", "same"): ("same sex", "جنس ایک ہی ہے"),
    ("sex", "other"): ("sex differs", "جنس مختلف ہے"),
    ("phone", "same"): ("same telephone", "ٹیلی فون نمبر ایک ہی ہے"),
    ("phone", "slip"): ("telephone differs in one digit", "ٹیلی فون نمبر میں ایک ہندسے کا فرق ہے"),
    ("phone", "other"): ("telephone differs", "ٹیلی فون نمبر مختلف ہے"),
    ("cnic", "same"): ("same CNIC", "شناختی کارڈ نمبر ایک ہی ہے"),
    ("cnic", "slip"): ("CNIC differs in one digit", "شناختی کارڈ نمبر میں ایک ہندسے کا فرق ہے"),
    ("cnic", "other"): ("CNIC differs", "شناختی کارڈ نمبر مختلف ہے"),
    ("identifier", "same"): (
        "same passport or other identifier",
        "پاسپورٹ یا دوسرا شناختی نمبر ایک ہی ہے",
    ),
    ("identifier", "other"): ("another identifier differs", "دوسرا شناختی نمبر مختلف ہے"),
    ("address", "house"): ("same house", "مکان ایک ہی ہے"),
    ("address", "same"): ("same address", "پتہ ایک ہی ہے"),
    ("address", "near"): ("similar address", "پتہ ملتا جلتا ہے"),
    ("address", "other"): ("address differs", "پتہ مختلف ہے"),
}
_RELATIVE: Final = LikenessReason(
    "relative", False, "may be a relative", "رشتہ دار ہو سکتا ہے یا ہو سکتی ہے"
)


def in_english(field: str, level: str) -> str:
    """What a level of a field says, in words."""
    return _WORDS[field, level][0]


def reasons(score: Score) -> list[LikenessReason]:
    """The reasons behind a score, the strongest first; that it may be a relative comes last."""
    strong = [one for one in score.findings if abs(one.bits) >= BITS_MIN]
    found = [
        LikenessReason(f"{one.field}_{one.level}", one.bits > 0, *_WORDS[one.field, one.level])
        for one in sorted(strong, key=lambda one: -abs(one.bits))
    ]
    return [*found, _RELATIVE] if score.relative > RELATIVE_MIN else found
