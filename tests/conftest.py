"""What every test can rely on, however the tests were started."""

from __future__ import annotations

import signal

# A shell starts background jobs with SIGINT ignored, nohup with SIGHUP, and children inherit that; the tests of
# interrupts must not care.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
