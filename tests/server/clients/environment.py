"""The environment of the stock clients: made once by the tests, and again when its list changes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PLACE = HERE.parents[2] / ".venv" / "clients"


def python() -> Path:
    """The interpreter with the clients installed."""
    wanted = (HERE / "requirements.txt").read_bytes()
    mark, found = PLACE / "made-for", PLACE / "bin" / "python"
    key = hashlib.sha256(wanted).hexdigest()
    if not (mark.exists() and mark.read_text() == key):
        subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True)
        install = ["-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([str(found), *install, "-r", str(HERE / "requirements.txt")], check=True)
        mark.write_text(key)
    return found
