"""The browser page: its files, read once. A path is looked up among them, so there is nowhere to climb to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

WEB = Path(__file__).parents[1] / "web"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One file as it is served."""

    body: bytes
    type: str
    tag: str


def read_pages(folder: Path = WEB) -> dict[str, Page]:
    """Path → file, for every file of a kind that is served."""
    pages = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in TYPES and path.is_file():
            body = path.read_bytes()
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            pages[f"/{path.relative_to(folder).as_posix()}"] = Page(body, TYPES[path.suffix], tag)
    if "/index.html" in pages:
        pages["/"] = pages["/index.html"]
    return pages
