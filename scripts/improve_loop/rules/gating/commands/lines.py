"""The logical command lines of a file that a change adds to: what is run, not what is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from improve_loop.model.delta import FileDelta
from improve_loop.model.lines import Lines, holds_one
from improve_loop.rules.gating.commands.calls import NEAR, call_at, call_lines, near_keywords, near_names, within
from improve_loop.rules.gating.commands.gathered import by_function, collected, folded, in_cells, in_rows, paired
from improve_loop.rules.gating.commands.normal import MAX_COMMAND, MAX_JOINED, plain, variables_of
from improve_loop.rules.gating.commands.reached import entered, two_unset, used_again
from improve_loop.rules.gating.commands.relevant import ENDS, is_relevant, open_ended, relevant_lines
from improve_loop.rules.gating.commands.spelled import literals, with_literals, with_variables
from improve_loop.rules.gating.kinds import CODE, SCRIPTS, Kind, kind_of
from improve_loop.rules.gating.lazy import lazy

SETTING_UP: frozenset[Kind] = SCRIPTS | {
    "yaml",
    "env",
    "toml",
    "ini",
}  # where a line gives a variable a value for others


class Command(NamedTuple):
    """One logical line: the number of its first added line, and its text made plain."""

    number: int
    text: str


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
_LIST_KEY = lazy(
    r"\s*(?:-\s+)?[\"']?(?:args|argv|command|cmd|entrypoint|commands)[\"']?\s*:\s*(?:\[(?P<words>[^\]]{1,2000})\]\s*)?$",
    re.I,
)
_LIST_KEYS = ("args", "argv", "command", "cmd", "entrypoint")
_STARTS = lazy(
    r"\[\s?[\"'](?:sudo|rm|find|dd|mkfs|shred|kubectl|helm|terraform|git|docker|curl|wget|aws|gcloud|az|psql|mysql|dropdb|chmod|sh|bash)[\"']"
)
_ITEM = lazy(r"\s*-\s+[\"']?([^\"'\n]{1,300}?)[\"']?\s*$")
_JSON_OF_COMMANDS = lazy(
    r"(?:^|/)(?:package|composer|deno|tasks|launch|settings|devcontainer|\.devcontainer|turbo|nx|project|renovate|hooks|nodemon|ecosystem|app|vercel|lerna|mcp|\.mcp)\.jsonc?$|\.devcontainer"
)


def commands_of(file: FileDelta) -> Iterator[Command]:
    """Every logical line that holds an added line; all lines where the file only now becomes a script.

    Lines are left out in which no expression could find anything (`relevant`).
    """
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    if kind in ("doc", "lock", "sql") or file.is_binary:
        return
    lines = file.new_lines.texts
    again = used_again(file) if kind in SETTING_UP else frozenset()
    wanted = _judged(file, kind, again)

    @cache
    def variables() -> dict[str, str]:
        return variables_of(lines)

    if kind in ("yaml", "ci"):
        told = [each for look in (_listed, folded, paired, in_rows) for each in look(file.new_lines, wanted)]
        yield from (Command(number, plain(text, variables())) for number, text in told if is_relevant(text))
    if file.path.endswith(".ipynb"):
        yield from (Command(number, plain(text, {})) for number, text in in_cells(file.new_lines, wanted))
    if kind in ("python", "js", "ruby") and _STARTS.search(file.new_text):
        yield from (Command(number, text) for number, text in collected(lines, wanted))
    if kind in ("shell", "ci", "make"):
        called = [each for look in (by_function, entered, two_unset) for each in look(file.new_lines, wanted)]
        yield from (Command(number, plain(text, variables())) for number, text in called)
    found = _calls(file, wanted, kind) if kind in CODE else _script(file, wanted, kind, again)
    for number, text in found:
        yield Command(number, plain(text, variables() if "$" in text or "{{" in text else {}))


def _listed(lines: Lines, wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Commands whose words are the items of a list: `command: ["rm", "-rf", "/"]`, or one item a line."""
    before: tuple[int, int, str] = (-99, 0, "")  # where the last list stood, how deep, and what it said
    texts = lines.texts if holds_one(lines.lowered, _LIST_KEYS) else ()
    for at, text in enumerate(texts):
        match = _LIST_KEY.match(text[:MAX_COMMAND]) if ":" in text else None
        if match is None:
            continue
        end = at + 1
        while not match["words"] and end < len(texts) and end - at < MAX_JOINED and _ITEM.match(texts[end][:400]):
            end += 1
        words = [item[1] for line in texts[at + 1 : end] if (item := _ITEM.match(line[:400]))]
        said = re.sub(r"[\"']?\s*,\s*[\"']?", " ", match["words"]).strip("\"' ") if match["words"] else " ".join(words)
        number = next((index for index in range(at, end) if wanted(index)), None)
        if said and number is not None:
            yield number + 1, said
            depth = len(text) - len(text.lstrip(" -"))
            if at - before[0] < NEAR and depth == before[1]:
                first, second = (said, before[2]) if "arg" in _key_of(texts[before[0]]) else (before[2], said)
                yield number + 1, f"{first} {second}"
        before = (at, len(text) - len(text.lstrip(" -")), said)


def _key_of(text: str) -> str:
    """The key of a line."""
    return text.partition(":")[0].lower()


def _judged(file: FileDelta, kind: Kind, again: frozenset[int]) -> Callable[[int], bool]:
    """Whether the line of this index is to be looked at."""
    if _becomes_a_script(file, kind):
        return lambda index: True

    @cache
    def added() -> dict[int, str]:
        return {line.number - 1: line.text for line in file.added}

    @cache
    def known() -> frozenset[str]:
        return frozenset(map(" ".join, map(str.split, [line.text for line in file.removed])))

    return lambda index: (
        added()[index].strip() != "" and _same(added()[index]) not in known() if index in added() else index in again
    )


def _becomes_a_script(file: FileDelta, kind: Kind) -> bool:
    before = kind_of(file.old_path or file.path, file.old_text.partition("\n")[0])
    return file.status == "renamed" and before != kind


def _same(text: str) -> str:
    return " ".join(text.split())


def _script(
    file: FileDelta, wanted: Callable[[int], bool], kind: Kind, again: frozenset[int]
) -> Iterator[tuple[int, str]]:
    """Lines in which something could be found, those that go on in the next joined with it."""
    if kind == "json" and not _JSON_OF_COMMANDS.search(file.path):
        return
    near = file.new_lines if again or _becomes_a_script(file, kind) else file.near_added
    relevant, opened = relevant_lines(near), open_ended(file.new_lines)
    texts, path, at = file.new_lines.texts, file.path, 0
    for first in sorted(relevant | opened):
        if first < at:
            continue  # part of a line before
        at, text = first + 1, texts[first][:MAX_COMMAND]
        if first not in opened:
            if wanted(first) and _is_run(text, kind, path):
                yield first + 1, text
            continue
        while text.rstrip().endswith(ENDS) and at < len(texts) and at - first <= MAX_JOINED:
            ends = text.rstrip()
            glued = ends.endswith(("\\", "`", "^")) and not ends.endswith(("\\\\", "||", "&&"))
            text = ((ends[:-1] if glued else ends + " ") + texts[at].lstrip())[:MAX_COMMAND]
            at += 1
        number = next((index for index in range(first, at) if wanted(index)), None)
        if number is not None and _is_run(text, kind, path) and is_relevant(text):
            yield number + 1, text


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
        return '"description"' not in stripped
    key = _KEY.match(text)
    if kind in ("yaml", "toml", "ci") and key and key[1].lower() in _SAYS:
        return False
    if kind in ("yaml", "toml") and key and not stripped.startswith("-"):
        return key[1].lower() in _RUNS or stripped.endswith(("|", ">", ":")) or key[1].isupper() or " " in stripped
    return True


def _calls(file: FileDelta, wanted: Callable[[int], bool], kind: Kind) -> Iterator[tuple[int, str]]:
    """Calls that run a command, with their arguments on the lines that follow, as one command line."""
    everywhere = _becomes_a_script(file, kind)
    if not (hits := near_keywords(file, everywhere=everywhere)):
        return
    texts = (file.new_lines if everywhere else file.near_added).texts

    @cache
    def named() -> dict[str, str]:
        return literals(file.new_lines.texts)

    calls = call_lines(texts, near_names(file, kind, everywhere=everywhere), kind, hits)
    for start, following in pairwise([*calls, len(texts)]):
        reach = range(start, min(following, start + NEAR + 1))
        judged = (index for index in reach if within(hits, index - NEAR, index + NEAR) and wanted(index))
        first = next(judged, None)
        if first is None or texts[start].lstrip().startswith(("#", "//", "*", "--")):
            continue
        text, end = _whole_call(texts, start)
        if first < end:
            call = text[call_at(texts[start][:MAX_COMMAND], kind) :]
            if is_relevant(arguments := _arguments(with_literals(call, named()))):
                yield first + 1, arguments


def _whole_call(texts: Sequence[str], start: int) -> tuple[str, int]:
    """A call with its arguments, and the line after its last."""
    text, end = texts[start][:MAX_COMMAND], start + 1
    while end < len(texts) and end - start < 15 and _is_open(text):
        text = f"{text} {texts[end].strip()}"[:MAX_COMMAND]
        end += 1
    return text, end


def _is_open(text: str) -> bool:
    quoted = text.count('"""') % 2 or text.count("'''") % 2
    return bool(quoted) or text.count("(") + text.count("[") > text.count(")") + text.count("]")


def _arguments(call: str) -> str:
    """The literals of a call as words: `["rm", "-rf", x]` becomes `rm -rf x`."""
    text = with_variables(call) if "nv" in call or "ome" in call or "os." in call else call
    text = re.sub(r"(?:\[\]|new )string(?:\[\])?\s?\{", "", text)
    text = re.sub(r"^[\w.:$]+\s?[(\[]?\s?\[?", " ", text, count=1)
    text = re.sub(r"(?<=[\s\"'])(?:\{\w*\}|%s)(?=/\*?[\s\"'])", "$UNKNOWN", text)
    text = re.sub(r"[\"'`]\s*\+\s*[\"'`]", "", text)
    text = re.sub(r"[\"'`]\s*\)?\s*[.,]\s*(?:arg\(|args\()?\s*\[?\s*[rbuf]?[\"'`]", " ", text)
    text = re.sub(r"[\"'`]\s*[,+]\s*(?=[\w.])", " ", text)
    return re.sub(r"(?:^|(?<=[\s(\[,=]))[rbufRBUF]{0,2}[\"'`]|[\"'`](?=\s*[)\],;]|\s*$)|[\])]+\s*;?\s*$", " ", text)
