"""A made-up register of households, with people who come again and people who are new.

Whoever comes again is known, so a benchmark can count who is found. The mistakes are those that
clerks make: other spellings, the other script, slips, parts left out, ages for dates of birth, a
new telephone. Nobody has a CNIC in common with their second registration: that would be no task.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from examples.make_patients import (
    CITIES,
    MEN,
    MUHAMMAD,
    QUARTERS,
    STREETS,
    SURNAMES,
    WOMEN,
    WOMENS_SECOND,
    Name,
)

SEED: Final = 710003
TODAY: Final = date(2026, 1, 5)
Fields = dict[str, str]

_VOWELS: Final = (
    *(("ee", "i"), ("oo", "u"), ("ou", "u"), ("ai", "ay"), ("a", "aa"), ("i", "ee"), ("u", "oo")),
    *(("q", "k"), ("f", "ph"), ("ss", "s"), ("ah", "a"), ("e", "a"), ("w", "v"), ("y", "i")),
)
_HOMOPHONES: Final = (("ز", "ذ"), ("س", "ص"), ("ت", "ط"), ("ح", "ہ"), ("ع", "ا"), ("ی", "ي"))


class Asked(NamedTuple):
    """Somebody who stands before a clerk.

    ``person`` is their place in the register, -1 if they are not in it.
    """

    fields: Fields
    person: int


@dataclass(frozen=True)
class _Person:
    """Somebody as they are, whatever a clerk makes of it."""

    name: tuple[Name, ...]
    father: tuple[Name, ...]
    born: date
    sex: str
    phone: str
    cnic: str
    house: int
    places: tuple[Name, ...]
    urdu: bool
    age_only: bool


class Households:
    """Makes people, a household after the other; the same ones for one seed.

    Given names are as uneven as real ones: the first of a list are those of very many.
    """

    def __init__(self, seed: int = SEED) -> None:
        self._chance = random.Random(seed)
        self._made = 0

    def people(self, count: int) -> list[_Person]:
        """So many people."""
        found: list[_Person] = []
        while len(found) < count:
            found += self._household()
        return found[:count]

    def written(self, person: _Person) -> Fields:
        """What a clerk makes of a person who comes for the first time."""
        return _fields(person, person.urdu)

    def again(self, person: _Person) -> Fields:
        """What another clerk makes of a person who comes once more."""
        chance = self._chance.random
        one = replace(person, cnic="", age_only=person.age_only or chance() < 0.3)
        if one.age_only:
            one = replace(one, born=one.born + timedelta(round(self._chance.gauss(0, 330))))
        elif chance() < 0.1:
            one = replace(one, born=_misread(one.born, self._chance))
        if chance() < 0.25:
            one = replace(one, phone=self._phone())
        if chance() < 0.3:
            one = replace(one, father=())
        if chance() < 0.1 and len(one.name) > 1:
            one = replace(one, name=one.name[::-1])
        elif chance() < 0.12 and len(one.name) > 1:
            one = replace(one, name=one.name[1:] if one.name[0] == MUHAMMAD else one.name[:1])
        fields = _fields(one, one.urdu != (chance() < 0.2))
        if chance() < 0.3:
            fields.pop("address")
        for field in ("full_name", "father_name"):
            if field in fields and chance() < 0.3:
                fields[field] = self._spelled(fields[field])
            if field in fields and chance() < 0.12:
                fields[field] = self._slip(fields[field])
        return fields

    def relative(self, person: _Person) -> Fields:
        """A brother or sister who is new; one of ten was born on the same day."""
        sex = self._chance.choice("MF")
        second = person.name[1:] if len(person.name) > 1 and person.name[0] != MUHAMMAD else ()
        given = self._given(MEN if sex == "M" else WOMEN, but=person.name)
        apart = self._chance.choice([-1, 1]) * self._chance.randint(400, 3000)
        born_together = self._chance.random() < 0.1
        other = replace(
            person,
            name=(given, *second),
            sex=sex,
            born=person.born + timedelta(0 if born_together else apart),
            cnic="",
        )
        return _fields(other, other.urdu)

    def _household(self) -> Iterator[_Person]:
        chance = self._chance
        urdu = chance.random() < 0.4
        surname = chance.choice(SURNAMES)
        phone, house = self._phone(), chance.randint(1, 480)
        places = tuple(chance.choice(names) for names in (STREETS, QUARTERS, CITIES))
        father = self._man(surname)
        born = date(1945, 1, 1) + timedelta(chance.randrange(18_000))
        for number in range(chance.randint(1, 6)):
            female = number == 1 or (number > 1 and chance.random() < 0.5)
            if number == 0:
                name, its_father, day = father, self._man(surname), born
            elif number == 1:
                hers = self._man(chance.choice(SURNAMES))
                name, its_father = self._woman(surname), hers
                day = born + timedelta(chance.randrange(3000))
            else:
                name = self._woman(surname) if female else self._man(surname)
                its_father, day = father, born + timedelta(7500 + 700 * number)
            self._made += 1
            adult = (TODAY - day).days > 18 * 366
            yield _Person(
                name,
                its_father if chance.random() < 0.85 else (),
                min(day + timedelta(chance.randrange(400)), TODAY),
                "F" if female else "M",
                phone,
                f"99{chance.randrange(1000):03d}-{self._made % 10_000_000:07d}-{4 + female}"
                if adult and chance.random() < 0.6
                else "",
                house,
                places,
                urdu,
                chance.random() < 0.35,
            )

    def _man(self, surname: Name) -> tuple[Name, ...]:
        given = self._given(MEN, but=(surname,))
        draw = self._chance.random()
        if draw < 0.35:
            return (MUHAMMAD, given)
        return (given, surname) if draw < 0.95 else (given,)

    def _woman(self, surname: Name) -> tuple[Name, ...]:
        second = surname if self._chance.random() < 0.35 else self._chance.choice(WOMENS_SECOND)
        return self._given(WOMEN, but=()), second

    def _given(self, names: Sequence[Name], but: Sequence[Name]) -> Name:
        while True:
            found = names[int(len(names) * self._chance.random() ** 2)]
            if found not in but:
                return found

    def _phone(self) -> str:
        return f"0399{self._chance.randrange(10_000_000):07d}"

    def _spelled(self, text: str) -> str:
        """One letter or sound written as others do."""
        pairs = [pair for pair in (*_VOWELS, *_HOMOPHONES) if pair[0] in text[1:]]
        if not pairs:
            return text
        wrong, right = self._chance.choice(pairs)
        at = text.index(wrong, 1)
        return text[:at] + right + text[at + len(wrong) :]

    def _slip(self, text: str) -> str:
        """One letter left out, doubled, or swapped with the next one."""
        at = self._chance.randrange(len(text) - 1)
        how = self._chance.randrange(3)
        middle = ("", text[at] * 2, text[at + 1] + text[at])[how]
        return text[:at] + middle + text[at + (2 if how == 2 else 1) :]


def asked(makes: Households, people: Sequence[_Person], again: int, new: int) -> Iterator[Asked]:
    """People who come again, then new ones: half of them relatives, half strangers."""
    chance = random.Random(SEED)
    for person in chance.sample(range(len(people)), again):
        yield Asked(makes.again(people[person]), person)
    for person in chance.sample(range(len(people)), new // 2):
        yield Asked(makes.relative(people[person]), -1)
    for stranger in makes.people(new - new // 2):
        yield Asked(makes.written(stranger), -1)


def _fields(person: _Person, urdu: bool) -> Fields:
    names = {"full_name": person.name, "father_name": person.father}
    fields = {
        field: " ".join(part.urdu if urdu else part.latin for part in name)
        for field, name in names.items()
        if name
    }
    fields |= {"dob": person.born.isoformat(), "sex": person.sex, "phone": person.phone}
    if person.age_only:
        fields["dob_estimated"] = "true"
    if person.cnic:
        fields["cnic"] = person.cnic
    written = [place.urdu if urdu else place.latin for place in person.places]
    fields["address"] = (
        "، ".join([f"مکان نمبر {person.house}", *written])
        if urdu
        else ", ".join([f"House {person.house}", *written])
    )
    return fields


def _misread(born: date, chance: random.Random) -> date:
    """A day of birth with day and month swapped, or one digit of the day or year wrong."""
    if chance.random() < 0.4 and born.day <= 12:
        return born.replace(month=born.day, day=born.month)
    if chance.random() < 0.5:
        return born.replace(day=1 + (born.day + 9) % 28)
    return born.replace(year=born.year - 10, day=min(born.day, 28))
