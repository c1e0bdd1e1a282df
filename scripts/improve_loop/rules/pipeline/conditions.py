"""`include: rules`, as far as they can be answered without a running pipeline: yes, no, or not known here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from improve_loop.rules.pipeline.value import Value

ALWAYS = {"CI": "true", "GITLAB_CI": "true", "CI_SERVER": "yes"}  # what every GitLab pipeline has
TERM = re.compile(r"""\s*(?:"(?P<double>[^"$]*)"|'(?P<single>[^'$]*)'|\$(?P<name>\w+)|(?P<null>null))\s*""")
NONE = "\0"  # a variable that is not set, or `null`


def included(rules: Value, paths: Sequence[str]) -> bool | None:
    """Whether the first rule that matches includes the file; None where that depends on the run.

    `paths` are the files of the repository, for `exists`.
    """
    if not rules.is_list:
        return None
    unknown = False
    for rule in rules.items:
        matches = _both(_condition(rule), _exists(rule, paths), None if "changes" in rule.entries else True)
        verdict = "when" not in rule.entries or rule.entries["when"].scalar != "never"
        if matches and not unknown:
            return verdict
        if matches is not False:
            unknown = True
    return None if unknown else False


def _both(*answers: bool | None) -> bool | None:
    """All of them: no as soon as one is no, not known where one is not."""
    return False if False in answers else None if None in answers else True


def _either(answers: Iterable[bool | None]) -> bool | None:
    every = list(answers)
    return True if True in every else None if None in every else False


def _condition(rule: Value) -> bool | None:
    text = rule.entries["if"].scalar if "if" in rule.entries else ""
    if not text:
        return True
    if re.search(r"[()]|=~|!~", text):
        return None
    return _either(_both(*map(_comparison, part.split("&&"))) for part in text.split("||"))


def _comparison(text: str) -> bool | None:
    left, sign, right = re.fullmatch(r"(.*?)(?:(==|!=)(.*))?", text, re.DOTALL).groups()  # type: ignore[union-attr]  # it matches anything
    one, other = _term(left), _term(right) if sign else ""
    if one is None or other is None:
        return None
    if not sign:
        return one not in ("", NONE)
    return (one == other) is (sign == "==")


def _term(text: str) -> str | None:
    """A string, or None where only the run knows."""
    found = TERM.fullmatch(text)
    if found is None:
        return None
    if found["name"] is not None:
        return ALWAYS.get(found["name"])
    return NONE if found["null"] else found["double"] if found["double"] is not None else found["single"]


def _exists(rule: Value, paths: Sequence[str]) -> bool | None:
    """Whether a file matches one of the patterns; a condition on another project's files is not known."""
    value = rule.entries.get("exists")
    if value is None:
        return True
    if value.is_map:
        return (
            None if "project" in value.entries or "paths" not in value.entries else _any(value.entries["paths"], paths)
        )
    return _any(value, paths)


def _any(patterns: Value, paths: Sequence[str]) -> bool | None:
    written = [item.scalar for item in (patterns.items if patterns.is_list else (patterns,))]
    return _either(None if "$" in one else _matches(one, paths) for one in written)


def _matches(pattern: str, paths: Sequence[str]) -> bool:
    clean = pattern.removeprefix("./").lstrip("/")
    if not re.search(r"[*?\[{]", clean):
        return clean in paths
    found = re.compile(glob(clean))
    return any(found.fullmatch(path) for path in paths)


def glob(pattern: str) -> str:
    """GitLab's globs as a regular expression: `*` stays in its folder, `**/` crosses folders, `{a,b}` and `[ab]`."""
    signs = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]|[{},])", pattern)
    if "{" not in pattern:
        signs["}"], signs[","] = r"\}", ","
    sets = {
        part: "[" + re.sub(r"^!", "^", part[1:-1]).replace("\\", r"\\") + "]"
        for part in parts
        if re.match(r"\[.+\]$", part)
    }
    return "".join(signs.get(part) or sets.get(part) or re.escape(part) for part in parts)
