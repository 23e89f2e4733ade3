"""Names as words: titles, short forms, and what some join and others part."""

import pytest

from sync.matching.words import (
    NAME_LETTERS_MAX,
    WORD_LETTERS_MAX,
    WORDS_MAX,
    Named,
    is_urdu,
    parted,
    words,
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Ayesha Khan", ("ayesha", "khan")),
        ("Haji Ghulam Rasool", ("ghulam", "rasool")),
        ("ڈاکٹر حاجی اسلم", ("اسلم",)),
        ("Syed Ali Shah", ("ali", "shah")),
        ("Dr.", ("dr",)),
        ("Mohd. Ali", ("muhammad", "ali")),
        ("M. Ali", ("muhammad", "ali")),
        ("Mohammed Ali", ("muhammad", "ali")),
        ("Muhammad", ("muhammad",)),
        ("Gh. Mustafa", ("ghulam", "mustafa")),
        ("Ali M", ("ali", "m")),
        ("Mehmood Ahmd", ("mahmood", "ahmad")),
        ("Abdul Rehman", ("abd", "rehman")),
        ("Abdur-Rehman", ("abd", "rehman")),
        ("Abdulrehman", ("abd", "rehman")),
        ("Abd al Rehman", ("abd", "rehman")),
        ("عبد الرحمن", ("abd", "رحمن")),
        ("عبدالرحمن", ("abd", "رحمن")),
        ("Abdullah", ("abdullah",)),
        ("عبداللہ", ("عبداللہ",)),
        ("Salma Bi Bi", ("salma", "bibi")),
        ("Salma BB", ("salma", "bibi")),
        ("Salma Bibi", ("salma", "bibi")),
        ("سلمیٰ بی بی", ("سلمی", "بیبی")),
        ("Noor ul Ain", ("noorulain",)),
        ("Zia-ud-Din Ahmed", ("ziauddin", "ahmed")),
        ("Umm e Kalsoom", ("umm", "kalsoom")),
        ("Mhmd Ali", ("muhammad", "ali")),
        ("Ali Ali", ("ali",)),
        ("Noor ul", ("noor", "ul")),
        ("", ()),
        ("?", ()),
    ],
)
def test_a_name_as_the_words_that_are_compared(name, found):
    assert words(name) == found


def test_of_very_many_words_only_the_first_are_compared():
    many = " ".join(f"z{one}{other}" for one in "abcdefgh" for other in "klmnop")
    assert len(words(many)) == WORDS_MAX


def test_of_very_many_letters_only_the_first_are_compared():
    assert words("Andrianampoinimerina Razafy") == ("andrianampoinimerina", "razafy")
    assert words("Z" + "z" * WORD_LETTERS_MAX + "y") == ("z" * WORD_LETTERS_MAX,)
    long = [letter * 13 for letter in "bcdfg"]
    assert words(" ".join(long)) == tuple(long[: NAME_LETTERS_MAX // 13])
    assert words("noor ul " + "z" * 500) == ("noorul" + "z" * (WORD_LETTERS_MAX - 6),)


@pytest.mark.parametrize(
    ("typed", "name", "father"),
    [
        ("Ali Raza s/o Akram Khan", "ali raza", "akram khan"),
        ("Ayesha D/O. Imran", "ayesha", "imran"),
        ("Nazia W.O Tariq", "nazia", "tariq"),
        ("Ali son of Akram", "ali", "akram"),
        ("علی ولد اکرم", "علی", "اکرم"),
        ("Soomro Ali", "Soomro Ali", ""),
        ("s/o Akram", "s/o Akram", ""),
        ("Dawood", "Dawood", ""),
    ],
)
def test_a_name_is_parted_from_the_fathers_behind_it(typed, name, father):
    assert parted(typed) == Named(name, father)


def test_the_script_of_a_word():
    assert is_urdu("علی")
    assert not is_urdu("ali")
