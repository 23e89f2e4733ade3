"""Which part of a list a page is."""

import pytest

from sync.errors import InvalidFields
from sync.model.validation import checked
from sync.reading.pages import PAGE_MAX, PAGE_SIZE, PAGE_SIZE_MAX, Page


def test_pages_count_from_one():
    assert Page().offset == 0
    assert Page(page=3).offset == 2 * PAGE_SIZE
    assert Page(page=3, page_size=7).offset == 14


def test_the_last_offset_is_one_that_the_database_can_count_to():
    assert Page(page=PAGE_MAX, page_size=PAGE_SIZE_MAX).offset < 2**63


@pytest.mark.parametrize(
    "given",
    [
        {"page": "0"},
        {"page": str(PAGE_MAX + 1)},
        {"page_size": "0"},
        {"page_size": str(PAGE_SIZE_MAX + 1)},
        {"page": "x"},
    ],
)
def test_a_page_that_cannot_be(given):
    with pytest.raises(InvalidFields):
        checked(given, Page)
