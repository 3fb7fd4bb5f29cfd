"""Who may come in: the key, the page that asks, and the name that the server was called by.

A browser lets any page open a WebSocket to any host, loopback included, so the page's origin is looked at;
and a name that a stranger's DNS points at 127.0.0.1 makes that page's origin look like ours, so on loopback
the name must be one of loopback's own.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

KEY_PROTOCOL = "openai-insecure-api-key."
BETA_PROTOCOL = "openai-beta.realtime-v1"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class KeyFileError(Exception):
    """A key file that cannot be used; one line."""


@dataclass(frozen=True, slots=True)
class Door:
    """The rules. Without keys everybody may come in: only for loopback."""

    keys: tuple[str, ...] = ()
    origins: frozenset[str] = frozenset()
    local: bool = True

    def refusal(
        self, host: str | None, origin: str | None, authorization: str | None, protocols: Sequence[str]
    ) -> tuple[int, str] | None:
        """The HTTP status and the reason for which a session is refused, if so.

        >>> Door().refusal("127.0.0.1:8765", "https://elsewhere.example", None, [])[0]
        403
        >>> Door(keys=("secret",)).refusal("localhost", None, "Bearer secret", []) is None
        True
        """
        if self.local and _host_of(f"//{host}") not in LOOPBACK:
            return 403, f"this server answers to localhost, not to {host}"
        if origin is not None and origin not in self.origins and urlsplit(origin).netloc != host:
            return 403, f"pages of {origin} may not connect: allow them with --origin"
        if self.keys and not self.knows(authorization, protocols):
            return 401, "a key is needed: Authorization: Bearer <key>"
        return None

    def knows(self, authorization: str | None, protocols: Sequence[str] = ()) -> bool:
        """Whether a key that is known was given; compared in constant time."""
        given = [p.removeprefix(KEY_PROTOCOL) for p in protocols if p.startswith(KEY_PROTOCOL)]
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.casefold() == "bearer":
            given.append(value.strip())
        return any(hmac.compare_digest(one.encode(), key.encode()) for one in given for key in self.keys)


def read_keys(path: Path) -> tuple[str, ...]:
    """The keys in a file, one a line; lines that begin with # are comments. Raises KeyFileError."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} cannot be read as keys: {error}") from error
    keys = tuple(line for line in lines if line and not line.startswith("#"))
    if not keys or min(map(len, keys)) < 16:
        raise KeyFileError(f"{path} must hold keys of at least 16 characters, one a line")
    return keys


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach the address.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("localhost")
    (True, False, True)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
