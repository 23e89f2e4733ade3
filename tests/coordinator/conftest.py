"""A coordinator with two desks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.trust import passwords
from tests.clinic import Clinic, Desk


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[int]:
    """Passwords are typed hundreds of times here. Yields the real cost."""
    real = passwords.LOG2_N
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "LOG2_N", 8)
        yield real


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


@pytest.fixture
def coordinator(clinic: Clinic) -> Desk:
    return clinic.coordinator


@pytest.fixture
def lab(clinic: Clinic) -> Desk:
    return clinic.desk("LAB1-PC", "710000-719999")


@pytest.fixture
def ward(clinic: Clinic, lab: Desk) -> Desk:
    return clinic.desk("WARD-PC", "720000-729999")
