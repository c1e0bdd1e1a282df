"""Commands that destroy, expose or fetch and run; in scripts, jobs, images, manifests and calls, not in documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from functools import cache

from improve_loop.model.delta import FileDelta, Line, TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.model.lines import Lines, holds_one
from improve_loop.rules.gating.commands import settings
from improve_loop.rules.gating.commands.context import (
    deleted_in_steps,
    environment_sent,
    everything_listed,
    fetched_and_made_runnable,
    fetched_and_run,
    goes_back,
    guards_lost,
    made_absent,
    opened_to_all,
    resources_lost,
    root_again,
    whole_host,
)
from improve_loop.rules.gating.commands.deletes import deletes
from improve_loop.rules.gating.commands.fetched import fetched_then_run
from improve_loop.rules.gating.commands.hcl import is_meant
from improve_loop.rules.gating.commands.lines import Command, commands_of
from improve_loop.rules.gating.commands.manifests import changes_undone, patched, told_in_two
from improve_loop.rules.gating.commands.rules import BY_NAME, FAMILY, RULES
from improve_loop.rules.gating.commands.spelled import DIVIDED, unfolded
from improve_loop.rules.gating.commands.sql import statements
from improve_loop.rules.gating.commands.table import ROWS, Row
from improve_loop.rules.gating.commands.targets import is_dangerous
from improve_loop.rules.gating.commands.trusting import runs_fetched, trusts_everybody
from improve_loop.rules.gating.keywords import CUT, Keywords
from improve_loop.rules.gating.kinds import CODE, SCRIPTS, kind_of
from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.testing.places import is_about_tests, is_collected

__all__ = ["FAMILY", "RULES", "findings"]


_INLINE = worded(
    r"\b(?:python[\d.]*|node|ruby|perl|php|deno|bun)\s(?:-\S+\s+){0,4}?-\w*[ce]\b|<<-?\s*[\"']?(?:PY|EOF|END)",
    *("python", "node", "ruby", "perl", "php", "deno", "bun", "<<"),
)
_SEARCHES = lazy(r"\s*(?:[-@]\s*)*(?:e?grep|rg|ag|ack|git\s+grep)\s")
_DELETES = ("rm", "unlink", "shred", "find", "del", "rd ", "rsync", "remove-item", "ri ", "erase", "rimraf")
_OF_A_REVIEW = lazy(
    r"(?:\s|[=\"'/])(?:[\w$-]{0,20}-)?(?:review|preview)[-/_]\S{0,20}\$\{?\w+|\$\{?(?:CI_COMMIT_REF_SLUG|CI_MERGE_REQUEST_I?ID)\}?"
)  # what one branch or request brought up
_OF_ALL = lazy(r"\s(?:-A|--all\S*)\b|\|")
_SAYS = lazy(r"\s*(?:[-@]\s*)*(?:echo|printf|log\w*|info|warn\w*|die|error|usage)\s")
_DOES = lazy(r"[|;`]|&&|\$\(|>>?")
_COMMENT = lazy(r"\s*(?:#|//|\*|--|<!--)")
_PROGRAMS = Keywords([_INLINE.words, _DELETES], "commands")
_COMMANDS = Keywords((row.keywords for row in ROWS), "commands")
_CODE = Keywords((row.keywords for row in settings.CODE), "added")
_TERRAFORM = Keywords((row.keywords for row in settings.TERRAFORM), "added")
_MANIFEST = Keywords((row.keywords for row in settings.MANIFEST), "added")


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """Each dangerous command or setting, once a line and rule."""
    for file in delta.files:
        if file.is_binary or not file.new_text:
            continue
        told: set[tuple[str, int]] = set()
        for name, number, says in _file(file):
            if (name, number) not in told and not _moved(file, name, number, says):
                told.add((name, number))
                yield BY_NAME[name].at(file.path, number, detail=says)


def _file(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    commands = list(commands_of(file))
    yield from _commands(commands)
    if kind in CODE:
        yield from _lines(file, _CODE, settings.CODE)
        yield from deleted_in_steps(file)
        yield from environment_sent(file)
        yield from fetched_and_made_runnable(file)
        yield from fetched_and_run(file)
        yield from (("tls", number, says) for number, says in trusts_everybody(file))
        yield from (("hidden-payload", number, says) for number, says in runs_fetched(file))
    if kind in SCRIPTS:
        yield from (("fetch-and-run", number, says) for number, says in fetched_then_run(file))
    if kind == "docker" and file.old is not None:
        yield from root_again(file)
    if kind == "terraform":
        yield from _lines(file, _TERRAFORM, settings.TERRAFORM)
        yield from resources_lost(file)
    if kind in ("yaml", "json", "ci", "toml", "ini"):
        yield from _lines(file, _MANIFEST, settings.MANIFEST)
    if file.path.endswith(".xml"):
        yield from changes_undone(file)
    if kind in ("yaml", "json"):
        yield from patched(file)
        yield from told_in_two(file)
    if kind == "yaml":
        yield from made_absent(file)
        yield from everything_listed(file)
        yield from whole_host(file)
        yield from guards_lost(file)
        yield from opened_to_all(file)
    if kind == "sql":
        yield from (("database", number, says) for number, says in statements(file))


def _moved(file: FileDelta, name: str, number: int, says: str) -> bool:
    """Whether the line stood elsewhere in the file, where the same was to be said of it."""
    lines = [text.strip() for text in file.new_lines.texts[number - 1 : number]]
    if not any(gone.text.strip() in lines for gone in file.removed):
        return False
    return any((name, says) == (rule, what) for rule, _, what in _file(file.as_it_was))


def _commands(commands: Sequence[Command]) -> Iterator[tuple[str, int, str]]:
    lines = Lines([command.text for command in commands])
    for index, rows in _COMMANDS.lines(lines).items():
        text = lines.texts[index]
        for row in () if _only_says(text) else (ROWS[target] for target in sorted(rows)):
            if any(_counts(match, row, text) for match in _compiled(row.pattern).finditer(text)):
                yield row.rule, commands[index].number, row.says
    cut = {index for index, command in enumerate(commands) if len(command.text) > CUT}
    for command in (commands[index] for index in sorted({*_PROGRAMS.lines(lines), *cut})):
        if _INLINE.search(command.text):
            yield from ((name, command.number, says) for name, says in _inline(command.text))
        if holds_one(command.text.lower(), _DELETES):
            yield from (("delete-tree", command.number, what) for what in deletes(command.text))


def _counts(match: re.Match[str], row: Row, text: str) -> bool:
    """Whether what matched is dangerous: a target that is, and no words that are only searched for."""
    if "target" in match.re.groupindex and not is_dangerous(match["target"]):
        return False
    if row.rule == "kubernetes" and _OF_A_REVIEW.search(text) and not _OF_ALL.search(text):
        return False
    simple = re.split(r"[;&|\n]", text[: match.start() + 1])[-1]
    return row.rule != "database" or not _SEARCHES.match(simple)


def _inline(text: str) -> Iterator[tuple[str, str]]:
    """A program given on the command line: `python -c`, `node -e`, held against the table for code."""
    for row in (settings.CODE[target] for target in sorted(_CODE.targets(text))):
        match = _compiled(row.pattern).search(text[:CUT])
        if match and (row.rule != "delete-tree" or _hits(match)):
            yield row.rule, row.says


def _only_says(text: str) -> bool:
    """Whether a whole line only prints: `echo` or the like, nothing after it, no pipe."""
    return bool(_SAYS.match(text)) and not _DOES.search(text)


def _lines(file: FileDelta, keywords: Keywords, rows: Sequence[Row]) -> Iterator[tuple[str, int, str]]:
    """Settings and calls, on added lines that are no comments."""
    of_tests = is_about_tests(file.path) or is_collected(file.path)

    @cache
    def gone() -> frozenset[str]:
        return frozenset(_quoted_alike(line.text) for line in file.removed)

    for line, text, targets in _worth_reading(file, keywords):
        matches = [(rows[target], _compiled(rows[target].pattern).search(text[:CUT])) for target in sorted(targets)]
        if not any(match for _, match in matches) or _COMMENT.match(line.text) or _quoted_alike(line.text) in gone():
            continue
        for row, match in matches:
            if match and row.rule == "database" and (is_about_tests(file.path) or goes_back(file, line.number)):
                continue
            if match and row.rule == "tls" and of_tests and match[0] in file.old_text:
                continue  # as the tests did before, to a server of their own
            if match and keywords is _TERRAFORM and is_meant(file, line.number):
                continue
            if match and (row.rule != "delete-tree" or _hits(match)):
                yield row.rule, line.number, row.says


def _worth_reading(file: FileDelta, keywords: Keywords) -> Iterator[tuple[Line, str, Set[int]]]:
    """Added lines that hold a keyword, as they are or with divided literals and escaped letters made whole."""
    for index, targets in keywords.lines(file.added_lines).items():
        yield file.added[index], file.added[index].text, targets
    for index in DIVIDED.lines(file.added_lines):
        whole = unfolded(file.added[index].text)
        if targets := keywords.targets(whole):
            yield file.added[index], whole, targets


def _quoted_alike(text: str) -> str:
    return text.strip().replace("'", '"')


def _hits(match: re.Match[str]) -> bool:
    return bool(match["home"]) or is_dangerous(match["target"])


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
