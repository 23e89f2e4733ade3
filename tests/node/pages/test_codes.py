"""The drawings of a number; that a scanner reads them is held by tests/browser."""

import re

import pytest

from node.pages.codes import QUIET_BARS, code128, qr

NUMBERS = ["710000", "PAT-20261103-0001", "A-77/b"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("draw", [code128, qr])
def test_a_drawing_needs_no_style_and_has_no_text(draw, number):
    drawing = draw(number)
    assert re.fullmatch(r"<svg [^<>]*><path d=\"[Mhvz0-9 -]+\"/></svg>", drawing)
    assert "style" not in drawing


def test_bars_stand_between_quiet_zones():
    drawing = code128("710000")
    width = int(re.search(r'viewBox="0 0 (\d+) 1"', drawing)[1])
    runs = [(int(x), int(w)) for x, w in re.findall(r"M(\d+) 0h(\d+)", drawing)]
    assert runs[0][0] == QUIET_BARS
    assert sum(runs[-1]) == width - QUIET_BARS


def test_different_numbers_have_different_drawings():
    assert len({draw(number) for draw in (code128, qr) for number in NUMBERS}) == 6
