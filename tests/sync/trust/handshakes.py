"""Handshakes of two TLS contexts in memory, and data folders of made-up replicas."""

from __future__ import annotations

import ssl
from pathlib import Path

from sync.model.facts import Author
from sync.trust import authority, certificates, credentials
from sync.trust.authority import Authority

HUB_KEY = bytes(range(32))


class Line:
    """Both ends of a connection; `shake` raises what goes wrong at either."""

    def __init__(self, server: ssl.SSLContext, client: ssl.SSLContext) -> None:
        up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = server.wrap_bio(up, down, server_side=True)
        self.client = client.wrap_bio(down, up)

    def shake(self) -> Line:
        ends = [self.client, self.server]
        for _ in range(10):
            for end in list(ends):
                try:
                    end.do_handshake()
                    ends.remove(end)
                except ssl.SSLWantReadError:
                    pass
            if not ends:
                return self
        raise AssertionError("the handshake does not end")


def hub_folder(folder: Path, key: bytes = HUB_KEY) -> Path:
    """The data folder of a coordinator with an authority."""
    folder.mkdir()
    authority.make(folder, key)
    return folder


def desk_folder(folder: Path, hub: Path, code: str, key: bytes = HUB_KEY) -> Path:
    """The data folder of a desk with a certificate of that authority."""
    folder.mkdir()
    issuer = Authority(hub, key)
    tls_key = certificates.new_key()
    credentials.write_key(folder / credentials.TLS_KEY, tls_key)
    credentials.write_certificate(folder / credentials.AUTHORITY, issuer.certificate)
    public = certificates.public_bytes(tls_key)
    leaf = issuer.issue(Author(code), bytes(32), public)
    credentials.write_certificate(folder / credentials.CERTIFICATE, leaf)
    return folder
