"""What the shared commands know of the coordinator."""

from coordinator import config
from coordinator.cli.program import PROGRAM
from sync.model.facts import COORDINATOR


def test_a_rebuild_knows_the_coordinator_by_its_own_key(init, tmp_path):
    init()
    settings = config.load(tmp_path / "hub")
    assert PROGRAM.coordinator_key(settings) == settings.signer().public_key
    assert PROGRAM.kind.author(settings) == COORDINATOR
    assert PROGRAM.kind.source(settings).files == (
        "coordinator.toml",
        "signing-key.pem",
        "tls-key.pem",
        "tls-certificate.pem",
        "authority.pem",
        "authority-key.pem",
        "next-authority.pem",
        "next-authority-key.pem",
        "next-tls-certificate.pem",
        "recovery-key.pub",
        "next-signing-key.pem",
    )
    assert PROGRAM.kind.load is config.load


def test_what_happens_after_a_restore_names_the_commands_that_help():
    for command in ("run", "status", "terminals", "end-recovery", "token reset"):
        assert f"mrnmesh-coordinator {command}" in PROGRAM.after_restore.replace("\n", " ")
