"""Asks the warm process to run a command: a function for tests, and a program for `bin/improve-loop` of a pipeline.

As a program (`python -S -E client.py SOCKET MODULE ARGS…`) it stands for the command: same folder, environment,
streams and exit code. Nothing is imported here that takes time.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence


def play(
    path: str, module: str, arguments: Sequence[str], cwd: str, env: Mapping[str, str], streams: tuple[int, int, int]
) -> int:
    """Runs `python -m module arguments` and waits at most two minutes; the exit code, or minus the signal's number."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as warm:
        warm.settimeout(120)
        warm.connect(path)
        asked = json.dumps({"module": module, "arguments": list(arguments), "cwd": cwd, "env": dict(env)}).encode()
        socket.send_fds(warm, [len(asked).to_bytes(8, "big")], list(streams))
        warm.sendall(asked)
        pid = int.from_bytes(_exactly(warm, 8), "big")
        try:
            return int.from_bytes(_exactly(warm, 8), "big", signed=True)
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            raise


def _exactly(warm: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        more = warm.recv(size - len(received))
        if not more:
            raise ConnectionError("the warm process hung up")
        received += more
    return received


if __name__ == "__main__":
    code = play(sys.argv[1], sys.argv[2], sys.argv[3:], os.getcwd(), os.environ, (0, 1, 2))
    if code < 0:
        os.kill(os.getpid(), -code)
    sys.exit(code)
