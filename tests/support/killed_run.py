"""A run that dies without a chance to clean up: `python -m tests.support.killed_run WHEN FUNCTION COUNT -- ARGS…`.

The process kills itself (SIGKILL) `before` or `after` the COUNT-th call of FUNCTION, a dotted name.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any


def main() -> None:
    when, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    path, _, attribute = name.rpartition(".")
    owner = _owner(path)
    original = getattr(owner, attribute)
    calls = 0

    def deadly(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if calls == count and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, attribute, deadly)
    from improve_loop.cli import main as command

    command(sys.argv[sys.argv.index("--") + 1 :])


def _owner(path: str) -> Any:
    """The module, or the class in a module, that `path` names."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    main()
