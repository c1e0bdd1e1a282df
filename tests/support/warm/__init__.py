"""The command in a process of its own, forked from one that has it imported: a run without half a second of imports.

`python -m tests.support.warm.server SOCKET` imports and waits; `client.play` hands it a command line, a folder, an
environment and three file descriptors, and gets the exit code. What the process does is what `python -m` would do;
only the seed of hashes and what was already imported are shared. What a test says about either, or about start-up,
must run the command in a fresh process.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.support.imports import ROOT
from tests.support.warm.client import play

CLIENT = Path(__file__).with_name("client.py")
SDK = "litellm"


@cache
def warm_socket(*preload: str) -> str:
    """The socket of this test process's warm process, which is started by the first who asks."""
    folder = tempfile.TemporaryDirectory(prefix="warm-")
    path = f"{folder.name}/socket"
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT}"}
    command = [sys.executable, "-m", "tests.support.warm.server", path, *preload]
    server = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None
    assert server.stdout is not None
    atexit.register(_end, server, folder)
    assert server.stdout.readline() == "ready\n"
    return path


def _end(server: subprocess.Popen[str], folder: tempfile.TemporaryDirectory[str]) -> None:
    server.communicate(timeout=10)
    folder.cleanup()


def run(
    module: str,
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | Path | None = None,
    stdin: str = "",
    preload: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """`python -m module arguments`, like `subprocess.run` with captured text."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        streams = given.fileno(), out.fileno(), err.fileno()
        code = play(warm_socket(*preload), module, arguments, str(cwd or Path.cwd()), env, streams)
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess([module, *arguments], code, out.read().decode(), err.read().decode())
