"""Every way to stop, each with its exit code. Raised deep, caught once (in `cli`); the codes are DESIGN section 8."""

from __future__ import annotations


class LoopError(Exception):
    """Where it went wrong, what is wrong there, and (after a semicolon or full stop) what to do next."""

    exit_code = 1


class UsageError(LoopError):
    """Wrong usage, or no such repository: the person who started the run can mend it."""

    exit_code = 2


class ConfigError(LoopError):
    """The configuration cannot be used; the message lists every problem, one a line."""

    exit_code = 2


class ArtifactError(LoopError):
    """An artifact is missing, foreign, edited, a symlink, or not what its schema says."""

    exit_code = 3


class Refused(LoopError):
    """A rule said no, as designed."""

    exit_code = 4


class BudgetSpent(LoopError):
    """The budget is spent; a partial artifact was written before this was raised."""

    exit_code = 5


class TryLater(LoopError):
    """Someone else is away (network, forge, disk) or at work (another run holds the lock)."""

    exit_code = 75


class Interrupted(LoopError):
    """Ctrl-C or SIGTERM."""

    exit_code = 130
