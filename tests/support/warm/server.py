"""The warm process: `python -m tests.support.warm.server SOCKET [MODULE…]`. It ends when its standard input does."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import warnings
from typing import Any

from improve_loop.edges.llm_sdk import SETTINGS, sdk
from tests.support.imports import MODULES

SDK = "litellm"
LAZY = ("jinja2", "jsonschema", "fastjsonschema", "ahocorasick", "rich.console", "rich.live", "gitlab")


def main() -> None:
    path, preload = sys.argv[1], sys.argv[2:]
    cold = ("__main__", "llm_wire")  # the one runs the command, the other pulls the SDK in
    for module in (*(name for name in MODULES if not name.endswith(cold)), *LAZY):
        importlib.import_module(module)
    if SDK in preload:
        sdk()
    assert threading.active_count() == 1, "a process with threads cannot be forked safely"
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for a child
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                _supervise(connection)
            connection.close()


def _supervise(connection: socket.socket) -> None:
    """Forks the command, tells its pid, waits, tells its code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams, _, _ = socket.recv_fds(connection, 8, 3)
    left, read = int.from_bytes(size, "big"), b""
    while len(read) < left:
        read += connection.recv(left - len(read))
    pid = os.fork()
    if not pid:
        connection.close()
        _become(json.loads(read), streams)
    connection.sendall(pid.to_bytes(8, "big"))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        connection.sendall(code.to_bytes(8, "big", signed=True))
    os._exit(0)


def _become(asked: dict[str, Any], streams: list[int]) -> None:
    """This process is the command from here on."""
    for wanted, given in enumerate(streams):
        os.dup2(given, wanted)
        os.close(given)
    os.environ.clear()
    os.environ.update(SETTINGS if SDK in sys.modules else {}, **asked["env"])
    os.chdir(asked["cwd"])
    warnings.resetwarnings()
    if asked["env"].get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    sys.argv = [asked["module"], *asked["arguments"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code: Any = 1
    try:
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as error:
        code = error.code
    finally:
        with contextlib.suppress(OSError, ValueError):
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(bool(code)))


if __name__ == "__main__":
    main()
