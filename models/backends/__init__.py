"""What runs a program: `reference` is the truth, `events` the fast one."""

from models.backends.backend import Backend, backend
from models.backends.counts import Counts

__all__ = ["Backend", "Counts", "backend"]
