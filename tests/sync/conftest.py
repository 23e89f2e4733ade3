"""A coordinator, two desks, and a run that the first desk might have written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic import Clinic, Desk
from tests.forging import Run, note, person

LAB = "LAB1-PC"
WARD = "WARD-PC"
CLIENT = 77


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


@pytest.fixture
def lab(clinic: Clinic) -> Desk:
    """Its key signs the batches of these tests; its own replica takes no part in most of them."""
    return clinic.desk(LAB, "710000-719999")


@pytest.fixture
def ward(clinic: Clinic, lab: Desk) -> Desk:
    """The replica that is attacked; it knows the key of the lab."""
    return clinic.desk(WARD, "720000-729999")


@pytest.fixture
def run(lab: Desk) -> Run:
    """Five facts of the lab, two of them people."""
    return Run(LAB, lab.signer, CLIENT).then(
        person(1, "710001", LAB), note(2), person(3, "710002", LAB), note(4), note(5, size=200)
    )
