"""What to say when a stage's files are missing or damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LoadingError(Exception):
    """A stage whose files cannot be used; the message is one line that names the place and the remedy."""


@contextmanager
def loading(stage: str, folder: Path | None) -> Iterator[None]:
    """Turn whatever a damaged file brings about while `stage` is loaded from `folder` into a LoadingError.

    Mistakes in the code itself, such as a wrong type or a missing module, stay what they are.
    """
    try:
        yield
    except (TypeError, AttributeError, NameError, AssertionError, ImportError):
        raise
    except Exception as error:
        where = f"from {folder}" if folder is not None else "from this installation"
        remedy = "check --models" if folder is not None else "install spiketalk again"
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise LoadingError(f"the {stage} cannot be loaded {where}: {reason}; {remedy}") from error
