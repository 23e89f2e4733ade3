"""Who decides, and why: kept for good, so each is a text that can be printed."""

import pytest

from coordinator.api.deciding import reasons_of
from coordinator.api.merging import DecisionAboutRecord


@pytest.mark.parametrize(
    ("who", "why", "wrong"),
    [
        ("Sadia", "one CNIC", set()),
        ("  Sadia \t Malik ", " one\nCNIC ", set()),
        ("", "one CNIC", {"who"}),
        (" \t", "\x00", {"who", "why"}),
        ("سعدیہ", "ایک ہی شخص", set()),
    ],
)
def test_what_can_be_printed_is_kept_without_needless_spaces(who, why, wrong):
    found = reasons_of(DecisionAboutRecord(who=who, why=why))
    assert found[:2] == (" ".join(who.split()), " ".join(why.split()))
    assert found[2].keys() == wrong
