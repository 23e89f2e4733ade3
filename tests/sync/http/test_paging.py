"""Pages and the links between them."""

import pytest
from aiohttp.test_utils import make_mocked_request

from sync.errors import InvalidFields
from sync.http.operations import read_query
from sync.http.paging import Page, paged, whole


def page_of(count, query=""):
    """What the API would answer for a list of so many."""
    request = make_mocked_request(
        "GET", f"/api/patients/{query}", headers={"Host": "127.0.0.1:8480"}
    )
    page = read_query(request, Page)
    return paged(request, page, count, range(count)[page.offset : page.offset + page.page_size])


def test_a_short_list_is_one_page():
    assert page_of(20) == {
        "count": 20,
        "next": None,
        "previous": None,
        "results": list(range(20)),
    }
    assert page_of(0)["results"] == []


def test_links_lead_forward_and_back_and_keep_the_filter():
    base = "http://127.0.0.1:8480/api/patients/"
    first = page_of(45, "?format=%D8%B9%D9%84%DB%8C&page_size=20")
    assert first["previous"] is None
    assert first["next"].startswith(base)
    assert "page=2" in first["next"]
    assert "page_size=20" in first["next"]
    assert "format=%D8%B9%D9%84%DB%8C" in first["next"]
    last = page_of(45, "?page=3")
    assert (last["next"], last["previous"]) == (None, f"{base}?page=2")
    assert last["results"] == [40, 41, 42, 43, 44]


def test_a_full_last_page_has_no_next():
    assert page_of(40, "?page=2")["next"] is None


def test_behind_the_end_the_way_leads_back_to_the_last_page():
    beyond = page_of(45, "?page=9")
    assert (beyond["results"], beyond["next"]) == ([], None)
    assert beyond["previous"].endswith("?page=3")
    assert page_of(0, "?page=2")["previous"].endswith("?page=1")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?page=0", "page"),
        ("?page=-1", "page"),
        ("?page=x", "page"),
        ("?page=99999999999999999999", "page"),
        ("?page_size=0", "page_size"),
        ("?page_size=201", "page_size"),
    ],
)
def test_a_page_that_cannot_be(query, field):
    with pytest.raises(InvalidFields) as caught:
        page_of(5, query)
    assert caught.value.fields.keys() == {field}


def test_a_short_list_is_answered_in_the_same_shape():
    assert whole("ab") == {"count": 2, "next": None, "previous": None, "results": ["a", "b"]}
