"""What a command says, bounded: the beginning and the end, whatever its length."""

from __future__ import annotations

HEAD_BYTES = 16 * 1024
TAIL_BYTES = 48 * 1024


class BoundedOutput:
    """Keeps the first and the last bytes of a stream, and how many were left out."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._seen = 0

    def add(self, chunk: bytes) -> None:
        """The next bytes of the stream."""
        self._seen += len(chunk)
        room = HEAD_BYTES - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[max(room, 0) :]
        if len(self._tail) > 4 * TAIL_BYTES:
            del self._tail[:-TAIL_BYTES]

    def text(self) -> str:
        """What was kept; bytes that are not UTF-8 are replaced."""
        tail = self._tail[-TAIL_BYTES:]
        left_out = self._seen - len(self._head) - len(tail)
        between = f"\n[{left_out} bytes left out]\n".encode() if left_out else b""
        return (self._head + between + tail).decode("utf-8", errors="replace")
