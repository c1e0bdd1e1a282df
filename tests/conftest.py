"""What holds for every test."""

from __future__ import annotations

import signal
import threading

# Started in the background of a shell, Ctrl-C is ignored by us and by whatever we start; tests of it would wait forever.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
