#!/bin/sh
# Makes .venv from a lock file: with uv where it is installed, else with venv and pip.
# usage: make_venv.sh LOCKFILE PYTHON
set -eu
lock=$1
python=$2

"$python" - <<'PY' || { echo "improve-loop needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 2; }
import sys
sys.exit(sys.version_info < (3, 11))
PY

if command -v uv >/dev/null 2>&1; then
    [ -x .venv/bin/python ] || uv venv -q --python "$python" .venv
    exec uv pip install -q --python .venv/bin/python --require-hashes -r "$lock"
fi
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    # Debian splits ensurepip into python3-venv; without it pip is fetched by its pinned hash.
    "$python" -m venv .venv >/dev/null 2>&1 || {
        rm -rf .venv
        "$python" -m venv --without-pip .venv
        .venv/bin/python scripts/fetch_pip.py
    }
fi
exec .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
