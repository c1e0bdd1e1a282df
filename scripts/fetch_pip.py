"""Puts pip into this interpreter where Debian left ensurepip out: one wheel, by its pinned hash, from the index.

Run by make_venv.sh with the fresh environment's Python; uses the standard library alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import runpy
import ssl
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

WHEEL = "pip-26.3-py3-none-any.whl"
SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")


def get(url: str) -> tuple[bytes, str]:
    """The body and where it was found after redirects."""
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
    request = urllib.request.Request(url, headers={"Accept": "text/html", "User-Agent": "improve-loop"})
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        return answer.read(), answer.url


def main() -> None:
    """Downloads the wheel, compares its hash, and lets it install itself."""
    page, base = get(f"{INDEX}/pip/")
    match = re.search(rf'href="([^"]*/{re.escape(WHEEL)}[^"]*)"', page.decode())
    if not match:
        sys.exit(f"{INDEX}/pip/ does not list {WHEEL}; install python3-venv, or uv, and run make again")
    wheel, _ = get(urllib.parse.urljoin(base, match[1].split("#")[0]))
    if hashlib.sha256(wheel).hexdigest() != SHA256:
        sys.exit(f"{WHEEL} from {INDEX} is not the pinned one; install python3-venv, or uv, and run make again")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WHEEL
        path.write_bytes(wheel)
        sys.path.insert(0, str(path))
        sys.argv = ["pip", "install", "--quiet", "--no-index", "--no-deps", str(path)]
        runpy.run_module("pip", run_name="__main__", alter_sys=True)


main()
