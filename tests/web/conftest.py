"""The page's tests talk to a real server too."""

from tests.server.conftest import networks, server

__all__ = ["networks", "server"]
