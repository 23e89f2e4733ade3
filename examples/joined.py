"""A desk as versions up to 0.2.0 made one: it joined with a file, and has no certificate.

Such desks go on beside their coordinator, on its own computer and without encryption, until they
are enrolled. Tests, the demo of two versions and the benchmarks make them here.
"""

from __future__ import annotations

from pathlib import Path

from sync.daemon import data_folder, settings_files
from sync.daemon.daemon_settings import ZONE_DEFAULT
from sync.daemon.daemons import NODE
from sync.model.facts import Author


def make(
    folder: Path,
    code: str,
    coordinator_key: bytes,
    coordinator: str,
    *,
    listen: str = NODE.listen,
    sync_listen: str = NODE.sync_listen,
    peers: tuple[str, ...] = (),
    witness: Path | None = None,
) -> dict[str, str]:
    """Make the data folder of such a desk.

    Args:
        coordinator: where that syncs, ``ws://127.0.0.1:PORT/sync``.

    Returns:
        What the coordinator has to be told of it, as the body of ``POST /api/terminals/``.
    """
    with data_folder.whole_or_nothing(folder) as beside:
        made = data_folder.make(folder, Author(code), witness)
        beside.append(made.witness)
        settings_files.write_toml(
            folder / NODE.settings_file,
            {
                "code": code,
                "zone": ZONE_DEFAULT,
                "listen": listen,
                "sync_listen": sync_listen,
                "coordinator": coordinator,
                "coordinator_key": coordinator_key.hex(),
                "peers": list(peers),
                "witness": str(made.witness),
            },
        )
    return {
        "code": code,
        "public_key": made.public_key.hex(),
        "incarnation": made.incarnation.hex(),
    }
