"""What sound libraries print by themselves, kept away from the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_chatter() -> Iterator[None]:
    """Within the block nothing that is written to file descriptor 2 is seen; exceptions still are, behind it.

    Libraries in C write there directly: what devices they miss, that a buffer ran empty. On a screen that is
    drawn in place, every such line would tear it.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
