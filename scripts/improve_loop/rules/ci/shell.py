"""Script lines as commands: enough of the shell to know where one begins and which folder it runs in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from improve_loop.rules.pipeline import Job, Value

SEPARATOR = re.compile(r"&&|\|\||;|\n|\||(?<![<>&])&(?!&)")
LONGEST = 20_000  # characters of a script line; longer ones are no commands that anybody wrote
LEAD = re.compile(r"(?:(?:[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*)|time|sudo|command|exec|then|do|else|if|!)\s+)*")
HEREDOC = re.compile(r"<<-?\s*['\"]?\w+")


@dataclass(frozen=True, kw_only=True)
class Command:
    """One simple command of a job, as it is written, and the script line that holds it."""

    text: str  # without leading assignments
    line: Value
    keyword: str
    folder: str | None  # relative to the project; None: not known


def commands(job: Job, *keywords: str) -> Iterator[Command]:
    """The simple commands of a job in the order in which they run. Quotes are not parsed: callers match narrowly."""
    folder: str | None = "."
    for keyword in keywords or ("before_script", "script"):
        value = job.get(keyword)
        for line in job.lines(keyword) if value is not None else ():
            if HEREDOC.search(line.scalar) or len(line.scalar) > LONGEST:
                folder = None
            for part in map(str.strip, SEPARATOR.split(line.scalar[:LONGEST].replace("\\\n", " "))):
                text = part[LEAD.match(part).end() :] if LEAD.match(part) else part  # type: ignore[union-attr]
                if text:
                    yield Command(text=text.strip(), line=line, keyword=keyword, folder=folder)
                folder = _folder_after(text, folder)


def _folder_after(command: str, folder: str | None) -> str | None:
    if re.match(r"(?:pushd|popd)\b|\(", command) or re.search(r"\)\s*$", command):
        return None
    changed = re.match(r"cd(?:\s+(\S+))?\s*$", command)
    if changed is None:
        return None if re.match(r"cd\b", command) else folder
    return _joined(folder, changed[1])


def _joined(folder: str | None, target: str | None) -> str | None:
    """Where `cd target` leads from a folder of the project."""
    target = (target or "").strip("\"'")
    inside = re.match(r"\$\{?CI_PROJECT_DIR\}?/?", target)
    if inside:
        folder, target = ".", target[inside.end() :] or "."
    if folder is None or not target or target[0] in "/~-" or re.search(r"[$`*]", target):
        return None
    parts: list[str] = []
    for part in (*folder.split("/"), *target.split("/")):
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or "."
