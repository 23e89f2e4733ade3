"""What the coordinator has given becomes part of a data folder, or nothing is changed."""

from __future__ import annotations

import pytest

from node.enrolment import taking
from node.enrolment.taking import NewDesk, Options
from sync.errors import BadOption, StoreExists, WitnessUnwritable

LAB = "LAB1-PC"


@pytest.fixture
def new(tmp_path):
    """What a new desk begins with."""
    return NewDesk(LAB, "Asia/Karachi", "PK", "wss://127.0.0.1:1/sync", "ab" * 32)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"peers": ("http://127.0.0.1:1/sync",)}, "is not wss://HOST:PORT/sync"),
        ({"peers": ("ws://192.0.2.1:1/sync",)}, "not an address of this computer"),
        ({"listen": "127.0.0.1:9", "sync_listen": "127.0.0.1:9"}, "the port 9 already"),
        ({"listen": "0.0.0.0:8480"}, "not on this computer"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_made(tmp_path, new, more, said):
    with pytest.raises(BadOption, match=said):
        taking.make(tmp_path / "lab", new, Options(**more))
    assert not (tmp_path / "lab").exists()


@pytest.mark.parametrize("place", ["lab/w", "file/w"])
def test_what_fails_leaves_nothing_and_can_be_repeated(tmp_path, new, place):
    (tmp_path / "file").touch()
    with pytest.raises((BadOption, WitnessUnwritable)):
        taking.make(tmp_path / "lab", new, Options(witness=tmp_path / place))
    assert not (tmp_path / "lab").exists()
    taking.make(tmp_path / "lab", new, Options(witness=tmp_path / "w"))
    before = (tmp_path / "lab" / "node.toml").read_bytes()
    with pytest.raises(StoreExists):
        taking.make(tmp_path / "lab", new, Options(witness=tmp_path / "w2"))
    assert (tmp_path / "lab" / "node.toml").read_bytes() == before
