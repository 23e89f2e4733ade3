"""Why something is decided: kept for good, so it is a text that can be printed."""

import pytest

from coordinator.api.deciding import reason_of


@pytest.mark.parametrize(
    ("why", "wrong"),
    [
        ("one CNIC", set()),
        (" one\nCNIC ", set()),
        ("", {"why"}),
        (" \t", {"why"}),
        ("a\x00b", {"why"}),
        ("ایک ہی شخص", set()),
    ],
)
def test_what_can_be_printed_is_kept_without_needless_spaces(why, wrong):
    text, found = reason_of(why)
    assert text == " ".join(why.split())
    assert found.keys() == wrong
