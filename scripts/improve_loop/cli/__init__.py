"""The command `improve-loop`: where it begins and ends. Errors are caught here and nowhere else."""

from __future__ import annotations

import errno
import gc
import signal
import sys
from types import FrameType
from typing import NoReturn

from improve_loop.edges.streams import fall_silent, open_missing_streams
from improve_loop.errors import Interrupted, LoopError, TryLater

GARBAGE = (
    50_000  # objects made until the newest are looked through: what a small command loads leaves hardly any garbage
)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs the command and exits with its code (DESIGN section 8)."""
    gc.set_threshold(GARBAGE)  # before anything large is loaded
    import click

    from improve_loop.cli.verbs import improve_loop

    open_missing_streams()
    signal.signal(signal.SIGTERM, _interrupted)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` means to go on
        signal.signal(signal.SIGHUP, _hung_up)
    try:
        # Outside its standalone mode click returns the code of `context.exit`, and raises nothing.
        returned = improve_loop.main(args=arguments, prog_name="improve-loop", standalone_mode=False)
        code = returned if isinstance(returned, int) else 0
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except LoopError as error:
        click.echo(f"error: {error}", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        code = Interrupted.exit_code
    except BrokenPipeError:
        fall_silent(sys.stdout)
        code = 1
    except OSError as error:
        code = _full(error)
    except Exception:
        code = _bug()
    gc.freeze()  # the process ends: its last collections need not look through all that it has loaded
    sys.exit(code)


def _full(error: OSError) -> int:
    """Says that a disk is full, also one that standard output goes to; anything else is a bug, told as one."""
    if error.errno != errno.ENOSPC:
        return _bug()
    fall_silent(sys.stdout)
    where = error.filename or "standard output"
    sys.stderr.write(f"error: {where}: {error.strerror}; free some space, then run again\n")
    return TryLater.exit_code


def _bug() -> int:
    import traceback  # no run that goes well needs it

    traceback.print_exc()
    sys.stderr.write("This is a bug in improve-loop; please report it with the lines above.\n")
    return 1


def _hung_up(number: int, frame: FrameType | None) -> None:
    """The terminal is gone: what is said from now on goes nowhere, and the run ends as after Ctrl-C."""
    fall_silent(sys.stdout)
    fall_silent(sys.stderr)
    raise KeyboardInterrupt


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
