"""Codes: what is written is read again, and what was mistyped is noticed."""

import random

import pytest

from sync.errors import BadEnrolCode
from sync.trust import codes

CODE = codes.EnrolCode("192.168.1.10", 8472, bytes(range(5)), bytes(range(16)), bytes(range(16)))


@pytest.mark.parametrize("host", ["192.168.1.10", "hub", "hub.clinic.example", "fd00::1", "a" * 60])
def test_what_is_written_is_read_again(host):
    code = CODE._replace(host=host)
    assert codes.parse(code.text) == code


def test_it_is_read_as_people_type_it():
    text = CODE.text
    for typed in (text.lower(), text.replace("-", " "), text.replace("-", ""), f"  {text}\n"):
        assert codes.parse(typed) == CODE
    assert codes.parse(text.replace("0", "O").replace("1", "I")) == CODE
    assert codes.parse(text.replace("1", "l")) == CODE


def test_every_character_that_is_wrong_is_noticed():
    text = CODE.text.replace("-", "")
    for at, right in enumerate(text):
        for wrong in codes._DIGITS:
            if wrong != right:
                with pytest.raises(BadEnrolCode):
                    codes.parse(text[:at] + wrong + text[at + 1 :])


def test_every_two_neighbours_that_were_swapped_are_noticed():
    rng = random.Random(7)
    code = CODE._replace(secret=rng.randbytes(16), id=rng.randbytes(5))
    text = code.text.replace("-", "")
    for at in range(len(text) - 1):
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if swapped != text:
            with pytest.raises(BadEnrolCode):
                codes.parse(swapped)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "too short"),
        ("LAB1-PC", "too short"),
        ("hello, world", "',' is in no code"),
        (CODE.text + "U", "'U' is in no code"),
        (CODE.text[:-8], "missing"),
    ],
)
def test_what_is_no_code_says_why(text, why):
    with pytest.raises(BadEnrolCode, match=why):
        codes.parse(text)


def test_a_code_of_a_later_version_says_so():
    digits = [codes._DIGITS.index(one) for one in CODE.text.replace("-", "")[:-1]]
    digits[0] = 1  # the first five bits are the higher ones of the version
    digits.append(codes._check(digits))
    with pytest.raises(BadEnrolCode, match="newer version"):
        codes.parse("".join(codes._DIGITS[digit] for digit in digits))


def test_fresh_codes_have_secrets_of_their_own():
    fresh = [codes.fresh("hub", 1, bytes(32)) for _ in range(10)]
    assert len({code.secret for code in fresh}) == len({code.id for code in fresh}) == 10
    assert all(len(code.fingerprint) == codes.FINGERPRINT_BYTES for code in fresh)


def test_what_is_stored_of_a_secret_does_not_hold_it():
    assert CODE.secret not in codes.digest(CODE.secret)
    assert codes.digest(CODE.secret) != codes.digest(bytes(16))


def test_what_a_desk_signs_depends_on_all_of_it():
    parts = (b"12345", "LAB1-PC", bytes(32), b"tls", bytes(8))
    signed = codes.asking_bytes(*parts)
    for at in range(len(parts)):
        other = list(parts)
        other[at] = type(parts[at])() if parts[at] else b"x"
        assert codes.asking_bytes(*other) != signed


# short codes


def test_a_short_code_is_read_as_it_is_written():
    for _ in range(50):
        code = codes.fresh_short()
        assert codes.parse(code.text) == code
        assert len(code.text.replace("-", "")) == 19
        assert codes.parse(code.text.lower().replace("-", " ")) == code


def test_a_short_code_has_75_random_bits():
    made = [codes.fresh_short() for _ in range(200)]
    assert len({code.digits for code in made}) == 200
    assert all(len(code.digits) * 5 >= 75 for code in made)
    assert all(len({code.digits[at] for code in made}) > 20 for at in range(15))


def test_every_mistake_in_a_short_code_is_noticed():
    text = codes.fresh_short().text.replace("-", "")
    for at, right in enumerate(text):
        for wrong in codes._DIGITS:
            if wrong != right:
                with pytest.raises(BadEnrolCode):
                    codes.parse(text[:at] + wrong + text[at + 1 :])
        swapped = text[:at] + text[at + 1 : at + 2] + right + text[at + 2 :]
        if swapped != text:
            with pytest.raises(BadEnrolCode):
                codes.parse(swapped)


def test_what_is_proved_depends_on_the_code_and_on_both_keys():
    code = codes.fresh_short()
    shown, key = code.stretched()
    assert not {shown, key} & set(code._replace(id=b"xx").stretched())
    assert shown != key
    proving = codes.Proving(code.id, b"s" * 32, b"d" * 32, b"authority", b"n" * 16, b"m" * 16)
    right = codes.coordinator_proof(key, proving)
    for name in proving._fields:
        other = proving._replace(**{name: b"another"})
        assert codes.coordinator_proof(key, other) != right
    assert codes.coordinator_proof(bytes(32), proving) != right
