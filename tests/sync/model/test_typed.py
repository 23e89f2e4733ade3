"""What people type and paste: what is kept of it, and what it is compared by."""

import re
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model import typed
from sync.model.demographics import Demographics
from sync.model.person import more

SAME = [
    ("علي", "علی"),
    ("كريم", "کریم"),
    ("فاطمة", "فاطمہ"),
    ("أحمد", "احمد"),
    ("آمنہ", "امنہ"),
    ("مؤمن", "مومن"),
    ("مُحَمَّد", "محمد"),
    ("محمـــد", "محمد"),
    ("ﻣﺤﻤﺪ", "محمد"),
    ("خاں", "خان"),
    ("ذکاء", "ذکا"),
    ("نائلہ", "نایلہ"),
    ("مریم ۲", "مریم 2"),
    ("José", "JOSE"),
    ("Straße", "STRASSE"),
    ("Đorđević", "Dordevic"),
    ("Øster", "oster"),
    ("Łukasz", "lukasz"),
    ("Şevval Işık", "sevval isik"),
    ("İPEK", "ipek"),
    ("Æsir", "aesir"),
    ("Þór", "thor"),
    ("O'Neil", "ONeil"),
    ("O’Neil", "O‘Neil"),
    ("ʻAʼisha", "aisha"),
    ("Nguyễn", "nguyen"),
    ("ＡＬＩ", "ali"),
    ("ﬁona", "fiona"),
    ("Ali\u200b", "ali"),
    ("\u202eAli\u202c", "ali"),
    ("Ali\u00ad", "ali"),
    ("علی\u200cرضا", "علیرضا"),
    ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
    ("Ёлка", "елка"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_variants_of_a_name_have_one_key(one, other):
    assert typed.key(one) == typed.key(other)
    for form in ("NFC", "NFD", "NFKD"):
        assert typed.key(unicodedata.normalize(form, one)) == typed.key(other)


def test_different_names_stay_different():
    names = ["علی", "علیم", "کریم", "ali", "alia", "محمد", "احمد", "मोहन", "मोहिनी", "李", "ሰላም"]
    assert len({typed.key(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("O'Neil", ["oneil", "o", "neil"]),
        ("علی\u200cرضا خان", ["علیرضا", "خان", "علی", "رضا"]),
        ("Al-Rashid", ["al", "rashid"]),
        ("Ali Ali", ["ali"]),
        ("मोहन", ["मोहन"]),
        ("…", []),
    ],
)
def test_the_words_by_which_a_name_is_found(name, words):
    assert typed.words(name) == words


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ("  12  34 ", "12 34"),
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("۰۱۲۳۴۵۶۷۸۹", "0123456789"),
        ("०१२३", "0123"),
        ("𝟘𝟙", "01"),
        ("１２３", "123"),
        ("a‐b‑c‒d–e—f−g", "a-b-c-d-e-f-g"),
        ("１／２", "1/2"),
        ("\u2066x\u2069\u200e", "x"),
        ("x\u00a0y\u3000z", "x y z"),
        ("PAT-20260105-0001", "PAT-20260105-0001"),
    ],
)
def test_a_code_is_in_ascii(entered, code):
    assert typed.code(entered) == code


@given(st.text())
def test_every_reading_of_a_text_is_its_own_reading(text):
    for read in (typed.entered, typed.code, typed.key):
        assert read(read(text)) == read(text)
    assert typed.key(typed.entered(text)).split() == typed.key(text).split()
    for word in typed.words(text):
        assert typed.tokens(word) == [word]


@given(st.text())
def test_what_is_kept_looks_as_it_was_typed(text):
    kept = typed.entered(text)
    assert unicodedata.is_normalized("NFC", kept)
    assert typed.has_letter(kept) == typed.has_letter(text)
    assert kept == kept.strip()


@pytest.mark.parametrize(
    "character", ["a", "1", "\ufdfa", "\u3316", "각", "é", "e\u0301", "ｶﾞ", "߁"]
)
def test_a_long_text_is_read_by_its_beginning(character):
    """Of some characters the form that is read has many letters."""
    once, often = character * 500, character * 5000
    assert typed.key(often) == typed.key(once)
    assert typed.digits(often) == typed.digits(once)
    assert len(typed.digits(often)) <= typed.READ_MAX
    assert len(unicodedata.normalize("NFC", typed.key(often))) <= typed.READ_MAX
    assert typed.words(often) == typed.words(once)


def test_no_name_that_somebody_may_type_is_too_long():
    limits = re.findall(
        r'"maxLength":(\d+)', str(msgspec.json.encode(msgspec.json.schema(Demographics)))
    )
    assert max(map(int, limits)) == typed.READ_MAX
    assert more.TEXT_MAX <= typed.READ_MAX


def test_another_rule_or_region_has_another_name():
    assert typed.rule("9.0", "PK") != typed.rule("9.0", "GB")
    assert unicodedata.unidata_version in typed.rule()
