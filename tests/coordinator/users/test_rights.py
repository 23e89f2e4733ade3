"""Scopes of keys: which there are, and what each allows."""

import pytest

from coordinator.errors import BadScope
from coordinator.users import rights
from coordinator.users.rights import RIGHTS_OF, Right, Role


@pytest.mark.parametrize(
    ("texts", "scopes"),
    [
        (["read"], ("read",)),
        (["READ ", "read", "conflicts"], ("conflicts", "read")),
        (["register:lab1-pc"], ("register:LAB1-PC",)),
        (["Register:LAB1-PC", "read"], ("read", "register:LAB1-PC")),
        (["administer"], ("administer",)),
    ],
)
def test_scopes_are_kept_in_one_form(texts, scopes):
    assert rights.as_scopes(texts) == scopes


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["write"],
        ["register"],
        ["register:"],
        ["register:@registry"],
        ["read:LAB1-PC"],
        ["register:LAB1-PC", "register:LAB2-PC"],
    ],
)
def test_what_is_no_scope_is_refused(texts):
    with pytest.raises(BadScope):
        rights.as_scopes(texts)


@pytest.mark.parametrize(
    ("scopes", "may", "terminal"),
    [
        (("read",), {Right.READ}, None),
        (("conflicts",), {Right.CONFLICTS}, None),
        (("metrics",), {Right.METRICS}, None),
        (("register:LAB1-PC",), {Right.READ, Right.REGISTER}, "LAB1-PC"),
        (
            ("conflicts", "register:LAB1-PC"),
            {Right.READ, Right.REGISTER, Right.CONFLICTS},
            "LAB1-PC",
        ),
        (("administer",), set(Right), None),
    ],
)
def test_what_a_key_may_do(scopes, may, terminal):
    assert rights.rights_of(scopes) == may
    assert rights.terminal_of(scopes) == terminal


def test_each_role_may_do_something_and_only_one_everything():
    assert set(RIGHTS_OF) == set(Role)
    assert [role for role, may in RIGHTS_OF.items() if may == set(Right)] == [Role.ADMINISTRATOR]
    assert all(Right.READ in may for may in RIGHTS_OF.values())
