"""What whoever imports sees before anything is taken."""

from datetime import date

import pytest

from coordinator.importing.columns import PATIENTS
from coordinator.importing.profile import DATE_FORMATS, Profile


def profile(*rows):
    found = Profile(PATIENTS)
    for row in rows:
        found.add(row)
    return found


def test_numbers_are_shown_by_shape_with_examples():
    rows = [{"mrn": str(710000 + at)} for at in range(50)]
    rows += [{"mrn": mrn} for mrn in ("7.1E+05", "#NAME?", "PAT-20240101-0001", "12", "x")]
    (line,) = profile(*rows).text()
    assert line.startswith("  mrn  50 of 6 digits (710000); ")
    for example in ("7.1E+05", "#NAME?", "PAT-20240101-0001", "12"):
        assert example in line


def test_samples_prefer_letters_that_show_the_encoding():
    names = ["Ali", "Omar", "Sana", "Imran", "کریم خان", "Zoë"]
    (line,) = profile(*({"full_name": name} for name in names)).text()
    assert line.startswith("  full_name  6 filled: ")
    assert "کریم خان" in line
    assert "Zoë" in line


@pytest.mark.parametrize(
    ("cell", "forms"),
    [
        ("2024-11-03", "YYYY-MM-DD"),
        ("2024-11-03 14:30:00", "YYYY-MM-DD"),
        ("31/12/1990", "DD/MM/YYYY"),
        ("12/31/1990", "MM/DD/YYYY"),
        ("05/06/1990", "DD/MM/YYYY or MM/DD/YYYY"),
        ("31-12-1990", "DD-MM-YYYY"),
        ("31.12.1990", "DD.MM.YYYY"),
        ("1990/12/31", "YYYY/MM/DD"),
        ("19901231", "YYYYMMDD"),
        ("31-Dec-1990", "DD-Mon-YYYY"),
        ("31/12/90", "DD/MM/YY"),
        ("۳۱/۱۲/۱۹۹۰", "DD/MM/YYYY"),
    ],
)
def test_the_form_of_dates_is_named(cell, forms):
    (line,) = profile({"dob": cell}).text()
    assert line == f"  dob  1 date as {forms}"


def test_dates_that_fit_no_form_are_counted():
    (line,) = profile({"dob": "1990-01-01"}, {"dob": "born in winter"}, {"dob": ""}).text()
    assert line == "  dob  1 date as YYYY-MM-DD; 1 other, for example born in winter"


@pytest.mark.parametrize(
    ("column", "cells", "said"),
    [
        ("dob", [""], [("empty", {})]),
        ("dob", ["winter"], [("no_dates", {}), ("other_as", {"count": 1, "example": "winter"})]),
        (
            "dob",
            ["31/12/1990", "1990-01-01"],
            [
                ("dates_either", {"count": 1, "forms": "DD/MM/YYYY, YYYY-MM-DD"}),
                ("other", {"count": 1}),
            ],
        ),
        ("dob", ["31/12/1990"], [("dates", {"count": 1, "forms": "DD/MM/YYYY"})]),
        ("full_name", ["Ali", "Sana"], [("filled", {"count": 2, "samples": "Ali, Sana"})]),
        (
            "mrn",
            ["710001", "710002", "x", "1-2", "3 4", "5+6"],
            [
                ("digits", {"count": 2, "digits": 6, "example": "710001"}),
                ("like", {"count": 1, "example": "x"}),
                ("like", {"count": 1, "example": "1-2"}),
                ("others", {"count": 2, "samples": "3 4, 5+6"}),
            ],
        ),
    ],
)
def test_pages_are_told_by_codes(column, cells, said):
    ((_, found),) = profile(*({column: cell} for cell in cells)).columns()
    assert [(one.code, one.terms) for one in found] == said


@pytest.mark.parametrize("form", [form for form in DATE_FORMATS if form != "%Y-%m-%d"])
def test_dates_of_another_form_are_not_lost(form):
    rows = [{"dob": date(1990, 12, day).strftime(form)} for day in range(13, 29)]
    rows.append({"dob": "unknown"})
    why = profile(*rows).misfit("dob", None)
    assert why is not None
    assert f"--date-format {form}" in why
    assert profile(*rows).misfit("dob", form) is None


def test_day_and_month_that_cannot_be_told_apart_are_asked_for():
    why = profile(*({"dob": f"0{day}/0{day}/1990"} for day in range(1, 9))).misfit("dob", None)
    assert why is not None
    assert "%d/%m/%Y or --date-format %m/%d/%Y" in why
    assert "ask whoever made the file" in why


def test_a_few_bad_dates_are_no_reason_to_refuse_a_file():
    rows = [{"dob": "1990-01-01"}] * 20 + [{"dob": "31/12/1990"}] * 5
    assert profile(*rows).misfit("dob", None) is None
    assert profile({"full_name": "Ali"}).misfit("dob", None) is None


@pytest.mark.parametrize("form", ["%d/%d/%Y", "%m/%d/%y%y", "%d/%m", "%Q", "%", "", "DD/MM/YYYY"])
def test_a_form_that_is_none_of_a_whole_date_is_refused_before_anything_is_read(form):
    why = profile({"dob": "31/12/1990"}).misfit("dob", form)
    assert why == f"{form!r} is no form of a whole date, as %d/%m/%Y is"


@pytest.mark.parametrize("form", ["%d %B, %Y", "%Y%j", "%d/%m/%Y %H:%M", *DATE_FORMATS])
def test_a_form_that_nobody_foresaw_is_taken(form):
    assert profile({"full_name": "Ali"}).misfit("dob", form) is None
