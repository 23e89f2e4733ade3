"""Every error has a code of its own, and its docstring is a message that its facts fill in."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from string import Formatter

import pytest

import coordinator.errors
import node.errors
import sync.cli.errors
import sync.errors
import sync.upkeep.errors
from sync.errors import BadRange, InvalidFields, InvalidPatient, MrnmeshError, RangeExhausted

ROOT = Path(__file__).resolve().parents[2]
MODULES = (sync.errors, sync.upkeep.errors, sync.cli.errors, node.errors, coordinator.errors)
CLASSES = [
    found
    for module in MODULES
    for found in vars(module).values()
    if isinstance(found, type) and found.__module__ == module.__name__
]
EXCEPTIONS: list[type[MrnmeshError]] = [one for one in CLASSES if issubclass(one, MrnmeshError)]


def placeholders(error: type[MrnmeshError]) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(error.__doc__ or "") if name is not None}


def test_all_errors_form_one_tree():
    strays = {found for found in CLASSES if issubclass(found, BaseException)} - {*EXCEPTIONS}
    assert not strays
    assert len(EXCEPTIONS) > 30


def test_each_error_has_a_code_of_its_own():
    codes = [vars(error).get("code") for error in EXCEPTIONS]
    assert all(isinstance(code, str) and code for code in codes)
    assert len(set(codes)) == len(codes)


@functools.cache
def sources() -> dict[str, str]:
    """Path below the root -> source, of all modules that are shipped."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for package in ("sync", "node", "coordinator")
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def test_each_error_is_made_in_the_package_that_raises_it():
    elsewhere = {
        path
        for path, source in sources().items()
        if "MrnmeshError" in source
        for made in ast.walk(ast.parse(source))
        if isinstance(made, ast.ClassDef)
        and {"MrnmeshError"} & {ast.unparse(b) for b in made.bases}
    }
    assert elsewhere == {module.__name__.replace(".", "/") + ".py" for module in MODULES}


def test_what_is_not_the_clients_fault_says_so():
    statuses = {error.code: error.status for error in EXCEPTIONS}
    assert statuses["error"] == 400
    assert (statuses["mrn_conflict"], statuses["busy"], statuses["disk_full"]) == (409, 429, 503)


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: error.__name__)
def test_its_facts_fill_the_message_and_stay_readable(error):
    names = placeholders(error)
    if issubclass(error, InvalidFields):
        names = {"fields"}
        raised = error({"dob": "lies in the future"})
    else:
        raised = error(**{name: f"<{name}>" for name in names})
        assert all(f"<{name}>" in str(raised) for name in names)
    assert str(raised)
    assert "{" not in str(raised)
    assert names <= raised.facts.keys()


def test_facts_with_braces_are_left_as_they_are():
    raised = BadRange(text="{why}-{0}", why="{text}")
    assert "'{why}-{0}'" in str(raised)
    assert "{text}." in str(raised)


def test_the_sentence_for_an_exhausted_range_is_as_agreed():
    assert str(RangeExhausted(terminal="LAB1-PC", range="710000-710009")) == (
        "Terminal LAB1-PC has exhausted its offline MRN range (710000-710009). "
        "Please contact administrator to configure a new range."
    )


def test_an_invalid_patient_names_every_field():
    raised = InvalidPatient({"dob": "lies in the future", "sex": "must be M, F or O"})
    assert raised.fields == {"dob": "lies in the future", "sex": "must be M, F or O"}
    assert "dob: lies in the future; sex: must be M, F or O" in str(raised)


def raisings() -> list[tuple[str, type[MrnmeshError], set[str]]]:
    """Where an error is made with facts by name, anywhere in the shipped code."""
    known = {error.__name__: error for error in EXCEPTIONS}
    named = re.compile(rf"\b({'|'.join(known)})\b")
    found = []
    for path, source in sources().items():
        if not named.search(source):
            continue
        for call in ast.walk(ast.parse(source)):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if call.func.id in known and not any(word.arg is None for word in call.keywords):
                names = {word.arg for word in call.keywords if word.arg}
                found.append((f"{path}: {call.func.id}", known[call.func.id], names))
    return found


def test_whoever_raises_an_error_gives_the_facts_of_its_message():
    """A missing one would turn the refusal into a KeyError."""
    made = [item for item in raisings() if not issubclass(item[1], InvalidFields)]
    assert len(made) > 40
    missing = {place: placeholders(error) - names for place, error, names in made}
    assert not {place: names for place, names in missing.items() if names}
