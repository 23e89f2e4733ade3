"""A new recovery key over HTTP."""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sync.trust import codes, sealing


async def test_a_new_recovery_key_is_shown_once_and_opens_what_is_sealed_from_then_on(hub):
    made = await hub.call("POST", "/api/recovery-key/")
    private = X25519PrivateKey.from_private_bytes(codes.read(made["recovery_key"]))
    public = private.public_key().public_bytes_raw()
    assert sealing.public_key(hub.config.folder) == public
    assert made["recovery_key"] not in str(await hub.get("/api/audit/"))
