"""Ages instead of dates of birth, and how the two lead to one another."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import InvalidPatient
from sync.model import demographics

TODAY = date(2026, 1, 5)
PERSON = {"full_name": "Test Person", "sex": "F", "phone": "03001234567"}
days = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("today", "age", "born"),
    [
        (date(2026, 1, 5), (0, 0, 0), date(2026, 1, 5)),
        (date(2026, 1, 5), (36, 0, 0), date(1990, 1, 5)),
        (date(2026, 1, 5), (0, 1, 0), date(2025, 12, 5)),
        (date(2026, 1, 5), (0, 14, 0), date(2024, 11, 5)),
        (date(2026, 1, 5), (0, 0, 5), date(2025, 12, 31)),
        (date(2024, 2, 29), (1, 0, 0), date(2023, 2, 28)),
        (date(2024, 2, 29), (4, 0, 0), date(2020, 2, 29)),
        (date(2026, 3, 31), (0, 1, 0), date(2026, 2, 28)),
        (date(2024, 3, 31), (0, 1, 0), date(2024, 2, 29)),
        (date(2026, 3, 1), (0, 0, 1), date(2026, 2, 28)),
        (date(2026, 1, 5), (150, 0, 0), date(1876, 1, 5)),
        (date(2026, 1, 5), (150, 0, 5), None),
        (date(2026, 1, 5), (0, 10**9, 0), None),
        (date(5, 1, 5), (4, 0, 0), date(1, 1, 5)),
        (date(5, 1, 5), (5, 0, 0), None),
        (date(1, 1, 5), (0, 0, 5), None),
    ],
)
def test_an_age_leads_to_a_day(today, age, born):
    assert demographics.born_on(today, *age) == born


@pytest.mark.parametrize(
    ("today", "born", "age"),
    [
        (date(2026, 1, 5), "2026-01-05", (0, 0, 0)),
        (date(2026, 1, 5), "2026-01-04", (0, 0, 1)),
        (date(2026, 1, 4), "1990-01-05", (35, 11, 30)),
        (date(2026, 1, 5), "1990-01-05", (36, 0, 0)),
        (date(2026, 2, 28), "2024-02-29", (1, 11, 30)),
        (date(2026, 3, 1), "2024-02-29", (2, 0, 1)),
        (date(2028, 2, 29), "2024-02-29", (4, 0, 0)),
        (date(2026, 3, 1), "2026-01-31", (0, 1, 1)),
        (date(2026, 4, 30), "2026-03-31", (0, 0, 30)),
        (date(2026, 1, 5), "2026-01-06", None),
        (date(2026, 1, 5), "unknown", None),
    ],
)
def test_a_day_leads_to_an_age(today, born, age):
    assert demographics.age_on(today, born) == age


@given(days, st.integers(0, 140), st.integers(0, 11))
def test_whole_years_and_months_come_back_as_they_were_said(today, years, months):
    born = demographics.born_on(today, years, months)
    assert born is not None
    age = demographics.age_on(today, born.isoformat())
    assert age is not None
    assert age[:2] == (years, months)
    assert age[2] <= 3  # only where that month is shorter than today's day


@given(days, st.integers(0, 140 * 365))
def test_an_age_leads_back_to_the_day_of_birth(today, lived):
    born = today - timedelta(lived)
    age = demographics.age_on(today, born.isoformat())
    assert age is not None
    _, months, days_ = age
    assert 0 <= months < 12
    assert 0 <= days_ < 31
    back = demographics.born_on(today, *age)
    assert back is not None
    assert abs((back - born).days) <= 3  # months differ in length


@given(days, st.integers(1, 140 * 365))
def test_nobody_grows_younger(today, lived):
    born = (today - timedelta(lived)).isoformat()
    yesterday, now = (demographics.age_on(day, born) for day in (today - timedelta(1), today))
    assert yesterday is not None
    assert now is not None
    assert yesterday < now


def validated(**fields: object) -> dict[str, str]:
    return demographics.validate(PERSON | fields, TODAY)


def test_a_newborn_is_a_day_of_birth_that_is_a_guess():
    fields = validated(age_days=0)
    assert (fields["dob"], fields["dob_estimated"]) == ("2026-01-05", "true")


def test_parts_of_an_age_add_up():
    assert validated(age_years=1, age_months=2, age_days=3)["dob"] == "2024-11-02"
    assert validated(age_years="36")["dob"] == "1990-01-05"


def test_a_date_of_birth_wins_over_an_age():
    fields = validated(dob="1990-01-01", age_years=5)
    assert fields["dob"] == "1990-01-01"
    assert "dob_estimated" not in fields


def test_a_date_of_birth_may_be_called_a_guess():
    assert validated(dob="1990-01-01", dob_estimated=True)["dob_estimated"] == "true"
    assert "dob_estimated" not in validated(dob="1990-01-01", dob_estimated=False)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"age_years": 151}, {"age_years"}),
        ({"age_years": -1}, {"age_years"}),
        ({"age_months": "many"}, {"age_months"}),
        ({"age_years": 150, "age_days": 40}, {"age_years"}),
        ({"age_days": 54_900, "age_months": 1}, {"age_months"}),
        ({"age_years": 1.5}, {"age_years"}),
        ({"age_years": True}, {"age_years"}),
        ({"age_years": "null"}, {"age_years"}),
        ({"dob_estimated": True}, {"dob_estimated", "dob"}),
        ({"dob": "1990-13-01", "age_years": 36}, {"dob"}),
        ({}, {"dob"}),
        ({"age_years": None}, {"dob"}),
    ],
)
def test_an_age_that_cannot_be(fields, wrong):
    with pytest.raises(InvalidPatient) as caught:
        validated(**fields)
    assert caught.value.fields.keys() == wrong
