"""The cookie of somebody who is signed in: set so that nobody else gets it, and read with care."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from sync.http import cookies

OWN = "https://hub.clinic:8443"


def call(scheme="https", **headers):
    given = {"Host": "hub.clinic:8443", "Cookie": "__Host-mrnmesh_session=s; mrnmesh_session=h"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = make_mocked_request("GET", "/", headers=given | named)
    return request.clone(scheme=scheme)


def set_cookie(request, value):
    response = cookies.put(request, web.Response(), value)
    return response.cookies.output(header="").strip()


def test_over_https_it_is_for_this_host_alone():
    text = set_cookie(call(), "secret")
    assert text.startswith("__Host-mrnmesh_session=secret;")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(text.split("; "))
    assert "Domain" not in text
    assert "Max-Age=0" in set_cookie(call(), None)


def test_without_https_it_goes_over_http_too():
    text = set_cookie(call("http"), "secret")
    assert text.startswith("mrnmesh_session=secret;")
    assert "Secure" not in text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN},
        {"Origin": "HTTPS://HUB.clinic:8443"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": OWN, "Sec_Fetch_Site": "same-origin"},
    ],
)
def test_its_own_pages_and_programs_may_use_it(headers):
    assert cookies.value_of(call(**headers)) == "s"
    assert cookies.value_of(call("http")) == "h"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://hub.clinic:8443"},
        {"Origin": "https://hub.clinic:9000"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Origin": OWN, "Sec_Fetch_Site": "same-site"},
    ],
)
def test_no_other_page_may(headers):
    assert cookies.value_of(call(**headers)) is None
