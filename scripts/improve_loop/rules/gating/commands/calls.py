"""Which lines of a program call something that runs a command: the names of such calls, looked for in the whole text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.commands.normal import MAX_COMMAND
from improve_loop.rules.gating.commands.table import ROWS
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.kinds import Kind

NEAR = 8  # lines that one call may take

_CALLED = (
    "os.system os.popen Popen check_call check_output getoutput getstatusoutput run_command run_cmd run sudo local call"
    " shell_exec passthru proc_open popen system exec execSync execFile execFileSync execa execaSync exec_command spawn"
    " spawnSync fork execaCommand shell.exec sh bash zx getRuntime().exec ProcessBuilder exec.Command"
    " exec.CommandContext Command::new commandLine args arg execute executeSql executeUpdate query raw rawQuery"
    " exec_driver_sql op.execute IO.popen cmd command shell executeRawUnsafe executeRaw queryRawUnsafe queryRaw create_subprocess_shell create_subprocess_exec syscall.Exec unix.Exec BashOperator SSHOperator Process.Start System.cmd"
).split()
_CALLED_ON = (
    "os.exec os.spawn subprocess. pexpect. cursor. session. db. Process. Open3. Kernel.".split()
)  # and any name
_OPENS = "([\"'`"
_QUOTED = "[(\\[\"'`]"
_SOURCE = (
    rf"\b(?:{'|'.join(map(re.escape, _CALLED))}|(?:{'|'.join(map(re.escape, _CALLED_ON))})\w+)\s?{_QUOTED}"
    r"|[\"'][^\"'\n]{3,200}[\"']\.execute\(|%x[({\[]|\$`|\bsh\s+[\"']|\bexec\s+[\"']|\bcommandLine\s?[\"']"
)
_OF_DELETES = ("rm ", "rm'", 'rm"', "rf", "del ", "rmdir", "remove-item", "rd ", "find ", "b64", "x72", "chr(", "join(")


@cache
def _pattern(kind: Kind) -> re.Pattern[str]:
    """Calls of a language: by a bracket; by a quote too where the language calls without brackets."""
    if kind in ("ruby", "php"):
        return re.compile(_SOURCE + r"|`[^`\n]{3,}`")
    return re.compile(_SOURCE if kind == "js" else _SOURCE.replace(_QUOTED, "[(\\[]"))


_SAID = [word for row in ROWS for word in row.keywords]
_IN_LISTS = {
    first + quote for first, space, _ in (word.partition(" ") for word in _SAID) if space and first for quote in "\"'"
}  # a list of words divides what a command line says in one: `["crontab", "-r"]`
_KEYWORDS = Keywords([[*_SAID, *sorted(_IN_LISTS.difference(_SAID)), *_OF_DELETES]], "added")
"""Words of which one stands near every call that is worth reading."""


def _looks(followed: Iterable[str]) -> list[str]:
    """What calls look like in lower case."""
    return [*followed, *(name.lower() for name in _CALLED_ON), "%x", "$`", "sh ", "sh\t", "exec ", "exec\t"]


_SMALL = [name.lower() for name in _CALLED]
_ENDINGS = [name for name in _SMALL if not any(name != other and name.endswith(other) for other in _SMALL)]
_NAMES = Keywords(
    [_looks(name + space + opens for name in _ENDINGS for space in ("", " ", "\t") for opens in _OPENS)], "added"
)  # what ends a longer name is found in it
_BARE_NAMES = Keywords([_looks(_SMALL)], "odd")  # where a space may be of any kind


def near_keywords(file: FileDelta, *, everywhere: bool) -> list[int]:
    """The lines near added ones, or all, with a word that a dangerous command needs, sorted."""
    return _KEYWORDS.near(file, everywhere=everywhere)


def near_names(file: FileDelta, kind: Kind, *, everywhere: bool) -> Sequence[int]:
    """The lines near added ones, or all, that may call something that runs a command, sorted."""
    if kind in ("ruby", "php"):
        return range(len(file.new_lines.texts))
    plain = not everywhere and file.added_lines.is_plain and file.around_added[1].is_plain
    return (_NAMES if plain else _BARE_NAMES).near(file, everywhere=everywhere)


def within(hits: Sequence[int], first: int, last: int) -> bool:
    """Whether one of these sorted lines is between two lines, these included."""
    at = bisect_left(hits, first)
    return at < len(hits) and hits[at] <= last


def call_lines(texts: Sequence[str], named: Iterable[int], kind: Kind, hits: Sequence[int]) -> list[int]:
    """Of the lines that may call something those that do, and from which a line near `hits` can be reached."""
    return [
        index
        for index in named
        if within(hits, index - NEAR, index + 2 * NEAR) and call_at(texts[index][:MAX_COMMAND], kind) >= 0
    ]


def call_at(text: str, kind: Kind) -> int:
    """Where a line calls something that runs a command; -1 where it does not."""
    match = _pattern(kind).search(text)
    return match.start() if match else -1
