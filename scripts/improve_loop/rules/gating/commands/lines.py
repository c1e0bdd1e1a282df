"""The logical command lines of a file that a change adds to: what is run, not what is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.commands.normal import MAX_COMMAND, MAX_JOINED, plain, variables_of
from improve_loop.rules.gating.commands.table import ROWS
from improve_loop.rules.gating.keywords import Keywords, leads_of
from improve_loop.rules.gating.kinds import CODE, Kind, kind_of
from improve_loop.rules.gating.lazy import lazy

NEAR = 8  # lines that one call may take
_OF_DELETES = ("rm ", "rm'", 'rm"', "rf", "del ", "rmdir", "remove-item", "rd ", "find ", "b64", "x72", "chr(", "join(")


class Command(NamedTuple):
    """One logical line: the number of its first added line, and its text made plain."""

    number: int
    text: str


_CALL_SOURCE = (
    r"\b(?:os\.(?:system|popen|exec\w+|spawn\w+)|subprocess\.\w+|Popen|check_call|check_output|getoutput|getstatusoutput|run_command|run_cmd|run|sudo|local|call|shell_exec|passthru|proc_open|popen|system|exec(?:Sync|File|FileSync|a|aSync|_command)?|spawn(?:Sync)?|fork|execa(?:Sync|Command)?|shell\.exec|sh|bash|zx"
    r"|getRuntime\(\)\.exec|ProcessBuilder|exec\.Command(?:Context)?|Command::new|commandLine|args|arg|pexpect\.\w+|execute|executeSql|executeUpdate|query|raw|rawQuery|exec_driver_sql|op\.execute|cursor\.\w+|session\.\w+|db\.\w+|Process\.\w+|cmd|IO\.popen|Open3\.\w+|Kernel\.\w+|command|shell)\s?[(\[\"'`]"
    r"|%x[({\[]|\$`|\bsh\s+[\"']|\bexec\s+[\"']"
)
_CALL = lazy(_CALL_SOURCE)
_CALL_OR_BACKTICKS = lazy(_CALL_SOURCE + r"|`[^`\n]{3,}`")
_KEY = lazy(r"^\s*(?:-\s+)?[\"']?([\w.:-]+)[\"']?\s*:\s*(?:\S|$)")
_SAYS = frozenset(
    [
        "description",
        "desc",
        "title",
        "summary",
        "help",
        "message",
        "msg",
        "label",
        "text",
        "comment",
        "note",
        "notes",
        "reason",
        "about",
        "placeholder",
        "tooltip",
        "doc",
        "docs",
        "documentation",
        "example",
        "examples",
        "echo",
        "debug",
    ]
)
_RUNS = frozenset(
    [
        "command",
        "commands",
        "cmd",
        "script",
        "scripts",
        "run",
        "shell",
        "args",
        "entrypoint",
        "exec",
        "before_script",
        "after_script",
        "raw",
        "test",
        "healthcheck",
        "entry",
        "postcreatecommand",
        "poststartcommand",
        "onstart",
        "steps",
        "lifecycle",
        "prestop",
        "poststart",
        "user_data",
        "userdata",
        "runcmd",
        "bootcmd",
    ]
)
_JSON_OF_COMMANDS = lazy(
    r"(?:^|/)(?:package|composer|deno|tasks|launch|settings|devcontainer|\.devcontainer|turbo|nx|project|renovate|hooks|nodemon|ecosystem|app|vercel|lerna|mcp|\.mcp)\.jsonc?$|\.devcontainer"
)


def commands_of(file: FileDelta) -> Iterator[Command]:
    """Every logical line that holds an added line; all lines where the file only now becomes a script."""
    first_line = file.new_text.partition("\n")[0]
    kind = kind_of(file.path, first_line)
    if kind in ("doc", "lock", "sql") or file.is_binary:
        return
    lines = file.new_text.split("\n")
    near = _near_keywords(lines) if kind in CODE else None
    wanted = _judged(file, kind, lines) if near is None or near else set()
    wanted = wanted if near is None else wanted & near
    if not wanted:
        return
    variables = variables_of(lines)
    if kind in CODE:
        yield from _calls(lines, wanted, variables, _CALL if kind not in ("ruby", "php") else _CALL_OR_BACKTICKS)
    else:
        yield from _script(lines, wanted, variables, kind, file.path)


@cache
def _filter() -> Keywords:
    """Words of which one stands near every call that is worth reading."""
    return Keywords(leads_of([*(row.keywords for row in ROWS), _OF_DELETES]))


def _near_keywords(lines: Sequence[str]) -> set[int]:
    """The lines of a program that stand within a call's length of a keyword."""
    return {at for index in _filter().lines(lines) for at in range(index - NEAR, index + NEAR + 1)}


def _judged(file: FileDelta, kind: Kind, lines: Sequence[str]) -> set[int]:
    """Indexes of the lines to look at."""
    before = kind_of(file.old_path or file.path, file.old_text.partition("\n")[0])
    if file.status == "renamed" and before != kind:
        return set(range(len(lines)))
    known = {_same(line.text) for line in file.removed}
    return {
        line.number - 1
        for line in file.added
        if line.number <= len(lines) and _same(line.text) not in known and line.text.strip()
    }


def _same(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip())


def _script(
    lines: Sequence[str], wanted: set[int], variables: dict[str, str], kind: Kind, path: str
) -> Iterator[Command]:
    at = 0
    while at < len(lines):
        first, text = at, lines[at][:MAX_COMMAND]
        while (
            text.rstrip().endswith(("\\", "|", "&&", "||", "`", "^"))
            and at + 1 < len(lines)
            and at - first < MAX_JOINED
        ):
            ends = text.rstrip()
            at += 1
            glued = ends.endswith(("\\", "`", "^")) and not ends.endswith(("\\\\", "||", "&&"))
            text = ((ends[:-1] if glued else ends + " ") + lines[at].lstrip())[:MAX_COMMAND]
        at += 1
        numbers = [index for index in range(first, at) if index in wanted]
        if numbers and _is_run(text, kind, path):
            yield Command(numbers[0] + 1, plain(text, variables))


def _is_run(text: str, kind: Kind, path: str) -> bool:
    """Whether a line of this kind of file is a command, and no comment or description."""
    stripped = text.strip()
    if (
        not stripped
        or (stripped.startswith("#") and not stripped.startswith("#!"))
        or (stripped.startswith("//") and kind != "json")
    ):
        return False
    if kind == "batch":
        return not re.match(r"(?i)(?:rem\b|::)", stripped)
    if kind == "json":
        return bool(_JSON_OF_COMMANDS.search(path)) and '"description"' not in stripped
    key = _KEY.match(text)
    if kind in ("yaml", "toml", "ci") and key and key[1].lower() in _SAYS:
        return False
    if kind in ("yaml", "toml") and key and not stripped.startswith("-"):
        return key[1].lower() in _RUNS or stripped.endswith(("|", ">", ":")) or key[1].isupper() or " " in stripped
    return True


def _calls(
    lines: Sequence[str], wanted: set[int], variables: dict[str, str], calls: re.Pattern[str]
) -> Iterator[Command]:
    """Calls that run a command, with their arguments on the lines that follow, as one command line."""
    seen: set[int] = set()
    for index in sorted(wanted):
        start = index
        while start > 0 and index - start < 8 and not calls.search(lines[start][:MAX_COMMAND]):
            start -= 1
        text = lines[start][:MAX_COMMAND]
        match = calls.search(text)
        if match is None or start in seen or text.lstrip().startswith(("#", "//", "*", "--")):
            continue
        end = start + 1
        while (
            end < len(lines)
            and end - start < 15
            and text.count("(") + text.count("[") > text.count(")") + text.count("]")
        ):
            text = f"{text} {lines[end].strip()}"[:MAX_COMMAND]
            end += 1
        if index < end:
            seen.add(start)
            yield Command(index + 1, plain(_arguments(text[match.start() :]), variables))


def _arguments(call: str) -> str:
    """The literals of a call as words: `["rm", "-rf", x]` becomes `rm -rf x`."""
    text = re.sub(r"^[\w.:$]+\s?[(\[]?\s?\[?", " ", call, count=1)
    text = re.sub(r"[\"'`]\s*\+\s*[\"'`]", "", text)
    text = re.sub(r"[\"'`]\s*\)?\s*[.,]\s*(?:arg\(|args\()?\s*\[?\s*[rbuf]?[\"'`]", " ", text)
    text = re.sub(r"[\"'`]\s*[,+]\s*(?=[\w.])", " ", text)
    return re.sub(r"(?:^|(?<=[\s(\[,=]))[rbufRBUF]{0,2}[\"'`]|[\"'`](?=\s*[)\],;]|\s*$)|[\])]+\s*;?\s*$", " ", text)
