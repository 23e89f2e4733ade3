"""Telephone numbers: one form for all ways to type one number."""

import pytest

from sync.model import telephones


@pytest.mark.parametrize(
    "number",
    [
        "03001234567",
        "0300-1234567",
        "0300 123 4567",
        "(0300) 1234567",
        "0300.123.4567",
        "0300/1234567",
        "3001234567",
        "923001234567",
        "92 300 1234567",
        "+923001234567",
        "+92 300 1234567",
        "+92-300-1234567",
        "+92 (300) 1234567",
        "+92 (0)300 1234567",
        "+92 0300 1234567",
        "(+92) 300 1234567",
        "0092 300 1234567",
        "0092 (300) 1234567",
        "00923001234567",
        "0092(0)3001234567",
        "٠٣٠٠١٢٣٤٥٦٧",
        "۰۳۰۰ ۱۲۳ ۴۵۶۷",
        "०३००१२३४५६७",
        "０３００−１２３４５６７",
        "＋92 300 1234567",
        "\u202a+92 300 1234567\u202c",
        "\u20660300\u20111234567\u2069",
        "0300\u20131234567",
        "0300\u00a01234567",
        "\u200e03001234567\ufeff",
        "0300\u200b1234567",
    ],
)
def test_one_telephone_has_one_form(number):
    assert telephones.normal(number) == "+923001234567"
    assert {"923001234567", "03001234567"} <= set(telephones.spellings(number))


@pytest.mark.parametrize(
    ("number", "region", "normal"),
    [
        ("042 35761234", "PK", "+924235761234"),
        ("1234567", "PK", "1234567"),
        ("+44 20 7946 0958", "PK", "+442079460958"),
        ("0044 20 7946 0958", "PK", "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("(201) 555-0123", "US", "+12015550123"),
        ("0700123456", "AF", "+93700123456"),
        ("+999 12345678", "PK", "+99912345678"),
        ("00999 12345678", "PK", "+99912345678"),
        ("", "PK", ""),
        ("call me", "PK", ""),
    ],
)
def test_numbers_of_other_countries_and_numbers_that_no_plan_knows(number, region, normal):
    assert telephones.normal(number, region) == normal


def test_regions():
    assert telephones.is_region("PK")
    assert telephones.is_region("AF")
    assert not telephones.is_region("XX")
    assert not telephones.is_region("pk")


@pytest.mark.parametrize("semicolon", [";", "；", "\u037e"])
def test_what_stands_behind_a_semicolon_is_no_part_of_a_number(monkeypatch, semicolon):
    """The library would read the domain there, in steps that double with each part of it."""
    given = []
    parse = telephones.phonenumbers.parse

    def parsed(number, region):
        given.append(number)
        return parse(number, region)

    monkeypatch.setattr(telephones.phonenumbers, "parse", parsed)
    for number, normal in (("0300 1234567", "+923001234567"), ("123", "123")):
        text = f"{number}{semicolon}phone-context=aa.aa.!"
        assert telephones.normal(text) == normal
        assert telephones.spellings(text)[0] == normal.replace("+92", "0")
    assert set(given) == {"0300 1234567", "123"}


def test_a_number_that_no_plan_knows_is_found_by_its_digits_alone():
    assert telephones.spellings("1234567") == ["1234567"]
    assert telephones.spellings("call me") == []
