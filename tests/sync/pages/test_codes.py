"""The drawings of a number; that a scanner reads them is held by tests/browser."""

import re

import pytest

from sync.pages.codes import DOT_MM, QUIET_BARS, code128, qr

NUMBERS = ["710000", "PAT-20261103-0001", "A-77/b"]


def draw_bars(number):
    return code128(number, 60, 8)


def draw_qr(number):
    return qr(number, 12)


def width_mm(drawing):
    return float(re.search(r'width="([\d.]+)mm"', drawing)[1])


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("draw", [draw_bars, draw_qr])
def test_a_drawing_needs_no_style_and_has_no_text(draw, number):
    drawing = draw(number)
    assert re.fullmatch(r"<svg [^<>]*><path d=\"[Mhvz0-9 -]+\"/></svg>", drawing)
    assert "style" not in drawing


def test_bars_stand_between_quiet_zones():
    drawing = draw_bars("710000")
    width = int(re.search(r'viewBox="0 0 (\d+) 1"', drawing)[1])
    runs = [(int(x), int(w)) for x, w in re.findall(r"M(\d+) 0h(\d+)", drawing)]
    assert runs[0][0] == QUIET_BARS
    assert sum(runs[-1]) == width - QUIET_BARS


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("most_mm", [54, 58, 62, 75.3, 100])
def test_each_module_is_some_whole_dots_wide(number, most_mm):
    for drawing in (code128(number, most_mm, 8), qr(number, most_mm / 5)):
        modules = int(re.search(r'viewBox="0 0 (\d+)', drawing)[1])
        dots = width_mm(drawing) / modules / DOT_MM
        assert dots == round(dots)
        assert width_mm(drawing) <= most_mm


def test_bars_that_nobody_could_read_are_not_drawn():
    assert code128("PAT-20261103-0001", 52, 8) is None
    assert width_mm(code128("PAT-20261103-0001", 53, 8)) == 52.25
    assert code128("710000", 25, 8) is not None


def test_different_numbers_have_different_drawings():
    assert len({draw(number) for draw in (draw_bars, draw_qr) for number in NUMBERS}) == 6
