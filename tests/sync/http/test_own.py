"""Which calls are of the daemon's own pages and commands."""

import pytest
from aiohttp.test_utils import make_mocked_request

from sync.http.own import is_own


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, False),
        ({"Origin": "http://127.0.0.1:8480"}, True),
        ({"Origin": "http://127.0.0.1:8470"}, False),
        ({"Origin": "https://lims.example"}, False),
        ({"Origin": "https://127.0.0.1:8480"}, False),
        ({"User-Agent": "mrnmesh/0.2.0"}, True),
        ({"User-Agent": "python-requests/2"}, False),
    ],
)
def test_own_calls(headers, own):
    request = make_mocked_request("GET", "/", headers={"Host": "127.0.0.1:8480"} | headers)
    assert is_own(request) is own
