"""``mrnmesh-coordinator ca``."""

import io
import json

import pytest
from cryptography import x509

from coordinator.cli import main as cli
from sync.https import issuing
from tests.folders import new_coordinator


@pytest.fixture
def run(tmp_path, capsys):
    folder = new_coordinator(tmp_path)

    def command(*words):
        status = cli.main(["--data", str(folder), "ca", *words])
        return status, capsys.readouterr()

    return command


def test_the_certificate_is_exported_and_never_the_key(run, tmp_path):
    status, said = run("export", str(tmp_path / "clinic.crt"))
    assert status == 0
    pem = (tmp_path / "clinic.crt").read_bytes()
    shown = x509.load_pem_x509_certificate(pem)
    assert b"PRIVATE" not in pem
    assert shown.extensions.get_extension_for_class(x509.NameConstraints).critical
    assert len(said.out.splitlines()[-1].split(":")) == 32
    assert run("export", str(tmp_path / "again.crt"))[0] == 0
    assert (tmp_path / "again.crt").read_bytes() == pem


def test_a_new_authority_is_asked_about_first(run, tmp_path, monkeypatch):
    _, before = run("export", str(tmp_path / "a.crt"), "--json")
    for typed, is_terminal, expected in (("n\n", True, 1), ("", False, 1), ("y\n", True, 0)):
        stdin = io.StringIO(typed)
        stdin.isatty = lambda is_terminal=is_terminal: is_terminal
        monkeypatch.setattr("sys.stdin", stdin)
        status, said = run("renew")
        assert status == expected
    assert "every\ncomputer" in said.err
    _, after = run("export", str(tmp_path / "b.crt"), "--json")
    assert json.loads(before.out)["sha256"] != json.loads(after.out)["sha256"]
    assert "sha256" in json.loads(run("renew", "--yes", "--json")[1].out)


def test_a_certificate_for_a_desk_is_good_for_its_address_and_nothing_else(run, tmp_path):
    file = tmp_path / "lab1.pem"
    status, said = run("issue", "10.0.0.5", str(file))
    assert status == 0
    assert "https://10.0.0.5" in said.out
    assert b"PRIVATE" in file.read_bytes()
    made = x509.load_pem_x509_certificate(file.read_bytes())
    names = issuing.names_of(made)
    assert (names.hosts, {str(one) for one in names.addresses}) == (frozenset(), {"10.0.0.5"})
    assert "until" in json.loads(run("issue", "fd00::5", str(file), "--json")[1].out)
    for text in ("8.8.8.8", "lab1.local"):
        with pytest.raises(SystemExit):
            run("issue", text, str(file))
