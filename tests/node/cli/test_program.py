"""What the shared commands know of a node."""

import argparse
from pathlib import Path

import pytest

from node import config
from node.cli.program import PROGRAM
from sync.errors import StoreMissing


def test_it_asks_the_daemon_whose_data_folder_is_named_without_a_token(live):
    options = argparse.Namespace(data=live.desk.folder)
    assert PROGRAM.client(options).call("GET", "/api/status/")["terminal"] == "LAB1-PC"
    with pytest.raises(StoreMissing, match="mrnmesh-node enrol CODE"):
        PROGRAM.client(argparse.Namespace(data=Path("nowhere")))


def test_a_rebuild_knows_the_coordinator_by_the_key_in_the_settings(live):
    settings = config.load(live.desk.folder)
    assert PROGRAM.coordinator_key(settings) == settings.coordinator_key
    assert PROGRAM.kind.author(settings) == "LAB1-PC"
    files = PROGRAM.kind.source(settings).files
    assert files == (
        "node.toml",
        "signing-key.pem",
        "tls-key.pem",
        "tls-certificate.pem",
        "authority.pem",
    )
