#!/usr/bin/env bash
# Writes requirements.lock: the exact versions of everything that the installed environment uses, by plain name.
set -euo pipefail
cd "$(dirname "$0")/.."
{
    echo "# Exact versions of all packages for Python 3.11; written by scripts/lock.sh"
    .venv/bin/python -m pip freeze --all --exclude-editable --exclude pip --disable-pip-version-check |
        sed -E 's/\+cpu$//' | grep -E '^[A-Za-z0-9._-]+==' | grep -v -i '^spiketalk=='
} >requirements.lock
