"""Which lines of a program call something that runs a command: the names of such calls, looked for in the whole text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

from improve_loop.model.lines import Lines
from improve_loop.rules.gating.commands.normal import MAX_COMMAND
from improve_loop.rules.gating.commands.table import ROWS
from improve_loop.rules.gating.keywords import Keywords, leads_of
from improve_loop.rules.gating.kinds import Kind

NEAR = 8  # lines that one call may take

_CALLED = (
    "os.system os.popen Popen check_call check_output getoutput getstatusoutput run_command run_cmd run sudo local call"
    " shell_exec passthru proc_open popen system exec execSync execFile execFileSync execa execaSync exec_command spawn"
    " spawnSync fork execaCommand shell.exec sh bash zx getRuntime().exec ProcessBuilder exec.Command"
    " exec.CommandContext Command::new commandLine args arg execute executeSql executeUpdate query raw rawQuery"
    " exec_driver_sql op.execute IO.popen cmd command shell executeRawUnsafe executeRaw queryRawUnsafe queryRaw create_subprocess_shell create_subprocess_exec syscall.Exec unix.Exec Process.Start"
).split()
_CALLED_ON = (
    "os.exec os.spawn subprocess. pexpect. cursor. session. db. Process. Open3. Kernel.".split()
)  # and any name
_OPENS = "([\"'`"
_QUOTED = "[(\\[\"'`]"
_SOURCE = (
    rf"\b(?:{'|'.join(map(re.escape, _CALLED))}|(?:{'|'.join(map(re.escape, _CALLED_ON))})\w+)\s?{_QUOTED}"
    r"|%x[({\[]|\$`|\bsh\s+[\"']|\bexec\s+[\"']"
)
_OF_DELETES = ("rm ", "rm'", 'rm"', "rf", "del ", "rmdir", "remove-item", "rd ", "find ", "b64", "x72", "chr(", "join(")
_ODD_SPACE = "\r\x0b\x0c\x1c\x1d\x1e\x1f"


@cache
def _pattern(kind: Kind) -> re.Pattern[str]:
    """Calls of a language: by a bracket; by a quote too where the language calls without brackets."""
    if kind in ("ruby", "php"):
        return re.compile(_SOURCE + r"|`[^`\n]{3,}`")
    return re.compile(_SOURCE if kind == "js" else _SOURCE.replace(_QUOTED, "[(\\[]"))


@cache
def _keywords() -> Keywords:
    """Words of which one stands near every call that is worth reading."""
    return Keywords(leads_of([*(row.keywords for row in ROWS), _OF_DELETES]))


@cache
def _names(spaced: bool) -> Keywords:
    """What calls look like in lower case; by the name alone where a space may be of any kind."""
    names = [name.lower() for name in _CALLED]
    followed = (
        names if spaced else [name + space + opens for name in names for space in ("", " ", "\t") for opens in _OPENS]
    )
    return Keywords(
        leads_of([[*followed, *(name.lower() for name in _CALLED_ON), "%x", "$`", "sh ", "sh\t", "exec ", "exec\t"]])
    )


def near_keywords(lines: Lines) -> list[int]:
    """The lines with a word that a dangerous command needs, sorted."""
    return list(_keywords().lines(lines))


def within(hits: Sequence[int], first: int, last: int) -> bool:
    """Whether one of these sorted lines is between two lines, these included."""
    at = bisect_left(hits, first)
    return at < len(hits) and hits[at] <= last


def call_lines(lines: Lines, kind: Kind, hits: Sequence[int]) -> list[int]:
    """The lines with a call from which a line near `hits` can be reached, sorted."""
    odd = not lines.whole.isascii() or any(mark in lines.whole for mark in _ODD_SPACE)
    marked = _names(odd).lines(lines) if kind not in ("ruby", "php") else range(len(lines.texts))
    return [
        index
        for index in marked
        if within(hits, index - NEAR, index + 2 * NEAR) and call_at(lines.texts[index][:MAX_COMMAND], kind) >= 0
    ]


def call_at(text: str, kind: Kind) -> int:
    """Where a line calls something that runs a command; -1 where it does not."""
    match = _pattern(kind).search(text)
    return match.start() if match else -1
