"""Posting JSON to a program of the clinic, signed so that the program knows from whom it is."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from typing import Final

import aiohttp
from yarl import URL

from sync.network import waiting
from sync.network.dialling import why_unreachable

ANSWER_S_MAX: Final = 30.0
SIGNATURE: Final = "Mrnmesh-Signature"


def new_client() -> aiohttp.ClientSession:
    """A client for `post`."""
    return waiting.new_client(ANSWER_S_MAX)


async def post(client: aiohttp.ClientSession, url: str, secret: str, body: bytes) -> str | None:
    """Send once; return what went wrong, None for nothing."""
    headers = {"Content-Type": "application/json", SIGNATURE: signature(secret, body)}
    try:
        async with client.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            return None if 200 <= answer.status < 300 else f"it answers {answer.status}"
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return why_unreachable(error)


def signature(secret: str, body: bytes) -> str:
    """``sha256=`` and the HMAC-SHA256 of a body under a hook's secret, in hexadecimal."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def fault_of(url: str) -> str | None:
    """Why an address cannot be used, None if it can; without TLS it must be of this computer."""
    try:
        parsed = URL(url)
        host = parsed.host or ""
    except ValueError:
        return "must be a URL, as in https://lims.example/changes"
    if parsed.scheme not in ("http", "https") or not host or parsed.user or parsed.fragment:
        return "must be a URL, as in https://lims.example/changes"
    if parsed.scheme == "http" and not is_loopback(host):
        return "must be https: patients' data does not leave this computer unencrypted"
    return None


def is_loopback(host: str) -> bool:
    """True if a host is this very computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
