"""Whoever does something, as a call says, of which nobody knows more."""

import pytest
from aiohttp.test_utils import make_mocked_request

from sync.http.callers.doing import as_typed
from sync.model.clerks.known import NOBODY, Doer, KnownBy

CALL = make_mocked_request("POST", "/api/patients/")


def test_a_name_that_a_program_says_is_typed():
    assert as_typed(CALL, "Sadia") == Doer("Sadia", KnownBy.TYPED)


@pytest.mark.parametrize("name", [None, ""])
def test_without_a_name_it_is_nobody(name):
    assert as_typed(CALL, name) == NOBODY
