"""Tokens: each for one scope, stored as hashes, and invalid when they were withdrawn."""

import pytest

from coordinator.registry import tokens
from coordinator.registry.tokens import ADMINISTRATOR

FRONT = "FRONT"


@pytest.fixture
def new(clinic):
    def make(scope):
        return clinic.act(lambda tx: (tx.begin(), tokens.new(tx.store, scope))[1])

    return make


@pytest.fixture
def scope_of(clinic):
    def find(token):
        return tokens.scopes(clinic.coordinator.writer.store).get(tokens.digest(token))

    return find


def test_a_token_is_for_its_scope(new, scope_of):
    administrator, front = new(ADMINISTRATOR), new(FRONT)
    assert scope_of(administrator) == ADMINISTRATOR
    assert scope_of(front) == FRONT


def test_there_may_be_several_for_one_scope(new, scope_of):
    first, second = new(FRONT), new(FRONT)
    assert first != second
    assert scope_of(first) == scope_of(second) == FRONT


def test_they_are_valid_after_a_restart(clinic, new, scope_of):
    token = new(FRONT)
    clinic.coordinator.reopen()
    assert scope_of(token) == FRONT


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "٣" * 64, "ÿ" * 64])
def test_what_is_no_token_has_no_scope(new, scope_of, token):
    new(ADMINISTRATOR)
    assert scope_of(token) is None


def test_a_token_is_taken_exactly(new, scope_of):
    token = new(FRONT)
    for other in (token.upper(), token[:-1], token + "0", f" {token}", tokens.digest(token)):
        assert scope_of(other) is None


def test_a_fresh_token_allows_nothing_until_its_hash_is_stored(clinic, scope_of):
    token = tokens.fresh()
    assert scope_of(token) is None
    clinic.act(lambda tx: (tx.begin(), tokens.keep(tx.store, tokens.digest(token), FRONT)))
    assert scope_of(token) == FRONT


def test_to_withdraw_a_scope_leaves_the_others(clinic, new, scope_of):
    gone, stays, administrator = [new(FRONT), new(FRONT)], new("FRONT-2"), new(ADMINISTRATOR)
    clinic.act(lambda tx: (tx.begin(), tokens.withdraw(tx.store, FRONT)))
    assert [scope_of(token) for token in gone] == [None, None]
    assert scope_of(stays) == "FRONT-2"
    assert scope_of(administrator) == ADMINISTRATOR


def test_the_database_holds_only_the_hash(clinic, new):
    token = new(FRONT)
    clinic.coordinator.close()
    content = clinic.coordinator.path.read_bytes()
    clinic.coordinator.open()
    assert token.encode() not in content
    assert tokens.digest(token).encode() in content


def test_a_token_has_256_random_bits():
    made = {tokens.fresh() for _ in range(100)}
    assert len(made) == 100
    assert {len(bytes.fromhex(token)) for token in made} == {32}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (tokens.digest("a token"), True),
        (tokens.digest("a token").upper(), False),
        (tokens.digest("a token")[:-1], False),
        (tokens.digest("a token") + "0", False),
        (tokens.digest("a token") + "\n", False),
        ("", False),
        ("g" * 64, False),
    ],
)
def test_what_can_be_a_hash(text, is_one):
    assert tokens.is_digest(text) is is_one
