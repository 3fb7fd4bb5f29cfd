"""The networks are loaded once for all tests of the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.stages import Networks
from tests.server.live import Live, serving


@pytest.fixture(scope="session")
def networks() -> Networks:
    """The shipped ones."""
    return Networks.load()


@pytest.fixture(scope="module")
def server(networks: Networks) -> Iterator[Live]:
    """A server for one file of tests."""
    with serving(networks) as live:
        yield live
