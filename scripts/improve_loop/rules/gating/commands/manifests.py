"""What stands in a manifest in more than one line: a patch of a setting, a change set that loses data, words in a list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy

NEAR = 3  # lines between the path of a patch and its value

_PATH = lazy(
    r"\s*(?:-\s+)?(?:\{\s*)?(?:[\"']?op[\"']?\s*:\s*[\"']?\w+[\"']?\s*,\s*)?[\"']?path[\"']?\s*:\s*[\"']?(/[\w/~-]{0,200}/(privileged|allowPrivilegeEscalation|hostPID|hostNetwork|hostIPC|runAsNonRoot|readOnlyRootFilesystem|runAsUser|automountServiceAccountToken))\b[\"']?"
)
_VALUE = lazy(r"[\"']?\bvalue[\"']?\s*:\s*[\"']?(true|false|0)\b")
_SAFE = {"runAsNonRoot": "true", "readOnlyRootFilesystem": "true", "runAsUser": ""}
_REMOVED = lazy(r"[\"']?\bop[\"']?\s*:\s*[\"']?remove\b")
_LOSES = lazy(
    r"\s*<(?:dropTable|dropColumn|dropSequence|dropAllForeignKeyConstraints|truncateTable)\b|\s*<delete\s[^>\n]{0,200}tableName=[^>\n]{0,200}/>|\s*(?:<sql\b[^>]{0,200}>\s*)?(?i:drop\s+(?:table|database|schema)|truncate\s+(?:table\s+)?\w|delete\s+from\s+\w+\s*;)"
)
_SECOND = lazy(
    r"(?m)^\s*(?:include\s*:\s*[\"']?(?P<all>\*)[\"']?|state\s*:\s*[\"']?(?P<off>disabled|permissive)[\"']?)\s*$"
)
_CHANGE_SET = "<changeSet"


def patched(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """A patch (RFC 6902) that sets what breaks the wall of a container, or takes its guard out."""
    lines = file.new_text.split("\n") if "path" in file.added_lines.whole else []
    for line in file.added if lines else ():
        if not (match := _PATH.match(line.text[:500])):
            continue
        around = "\n".join(lines[max(0, line.number - 2) : line.number + NEAR - 1])
        value = _VALUE.search("\n".join(lines[line.number - 1 : line.number + NEAR - 1]))
        safe = _SAFE.get(match[2], "false")
        if (value and value[1] != safe) or (match[2] in _SAFE and not value and _REMOVED.search(around)):
            yield "container", line.number, f"{match[1]}: {value[1] if value else 'taken out'}"


def told_in_two(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Settings whose key stands on one line and whose value on a later one: all endpoints shown, SELinux off."""
    lines = file.new_text.split("\n") if _SECOND.search(file.added_lines.whole) else []
    for line in file.added if lines else ():
        if match := _SECOND.match(line.text[:300]):
            above = "\n".join(lines[max(0, line.number - 1 - NEAR) : line.number - 1])
            if match["all"] and re.search(r"(?m)^\s*exposure\s*:\s*$", above):
                yield "guard", line.number, "exposure: include: *"
            elif match["off"] and re.search(r"(?m)^\s*(?:-\s+)?(?:[\w.]+\.)?selinux\s*:\s*$", above):
                yield "guard", line.number, f"selinux: {match['off']}"


def changes_undone(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Change sets of Liquibase that drop or empty a table, and are no way back of another."""
    lines = file.new_text.split("\n") if _CHANGE_SET in file.new_text else []
    for line in file.added if lines else ():
        match = _LOSES.match(line.text[:1_000])
        if match and not _goes_back(lines, line.number):
            yield "database", line.number, " ".join(match[0].split())[:60]


def _goes_back(lines: list[str], number: int) -> bool:
    """Whether a line stands in a `<rollback>`."""
    for text in reversed(lines[max(0, number - 40) : number]):
        if found := re.search(r"<(/?)(?:rollback|changeSet)\b", text):
            return found[0] == "<rollback"
    return False
