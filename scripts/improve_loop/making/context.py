"""What a model is shown of a candidate and of the target. All of it is data, and marked as such."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping, Sequence

from improve_loop.making.limits import Limits
from improve_loop.model.candidate import Candidate
from improve_loop.model.plugs import Tree
from improve_loop.rules.globs import path_matches
from improve_loop.rules.untrusted import THE_TASK, capped, fenced, marked, one_line, sanitise

CONVENTIONS = ("AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md", ".cursorrules", ".github/copilot-instructions.md")
CONVENTIONS_CHARACTERS = 6_000
MAKERS_CONVENTIONS = 3_000  # characters; the maker needs its window for the files
PATHS_SHOWN = 200
AROUND = 40  # lines before and after a place that is shown of a large file


class Texts:
    """The target's texts, with what was written anew over them. Nothing else is in reach."""

    def __init__(self, tree: Tree, over: Mapping[str, bytes | None]) -> None:
        self.tree = tree
        self.over = dict(over)

    def bytes(self, path: str) -> bytes | None:
        """The file as it now stands; None where there is none."""
        return self.over[path] if path in self.over else self.tree.read(path)

    def read(self, path: str) -> str | None:
        """The same as text; None also for what is not UTF-8 text."""
        content = self.bytes(path)
        if content is None or b"\0" in content[:8000]:
            return None
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def is_opaque(self, path: str) -> bool:
        """There is a file, and it is no text: nobody here may write it anew."""
        return self.bytes(path) is not None and self.read(path) is None


def allowed(candidate: Candidate, path: str) -> bool:
    """Whether the candidate may change this path: one of its own, or below one that is a folder."""
    if posixpath.normpath(path) != path or not path.isprintable():
        return False
    return any(path == own or (own.endswith("/") and path_matches(path, own)) for own in candidate.target_paths)


def editable(candidate: Candidate, tree: Tree) -> tuple[str, ...]:
    """The paths that may be changed: those that exist, and the new files that the candidate names."""
    present = [path for path in tree.paths() if allowed(candidate, path)]
    new = [path for path in candidate.target_paths if allowed(candidate, path) and path not in present]
    return tuple(sorted({*present, *new}))


def request(candidate: Candidate, about: str = THE_TASK) -> str:
    """What is asked, marked: an issue may have been written by anyone. `about`: what a reader is to do with it."""
    wish = candidate.brief or f"{candidate.summary}\n{candidate.value_for_us}"
    return marked(wish, f"the request ({candidate.source})", characters=4_000, about=about)


def criteria(candidate: Candidate, about: str = THE_TASK) -> str:
    """When it counts as done."""
    lines = [f"- {one_line(line, 300)}" for line in candidate.acceptance_criteria[:10]]
    return (
        marked("\n".join(lines), "the request", about=about)
        if lines
        else "- what is asked is there, and nothing else changed"
    )


def evidence(candidate: Candidate) -> str:
    """Why it was found."""
    lines = [f"- {item.path or item.url or ''}: {one_line(item.quote, 300)}" for item in candidate.evidence[:10]]
    return marked("\n".join(lines), candidate.source) if lines else "- no more is known"


def path_list(paths: Sequence[str], present: Collection[str]) -> str:
    """One a line, capped; what is to be created says so."""
    more = f"\n… and {len(paths) - PATHS_SHOWN} more" if len(paths) > PATHS_SHOWN else ""
    return (
        "\n".join(f"- {path}{'' if path in present else ' (does not exist yet)'}" for path in paths[:PATHS_SHOWN])
        + more
    )


def contents(texts: Texts, paths: Sequence[str], candidate: Candidate, limits: Limits) -> str:
    """The files, whole where they fit, else the places that matter; no marks, for they are copied from."""
    share = limits.context_bytes // max(1, len(paths))
    return "\n\n".join(_shown(texts, path, candidate, share) for path in paths)


def _shown(texts: Texts, path: str, candidate: Candidate, room: int) -> str:
    text = texts.read(path)
    if texts.is_opaque(path):
        return f"{path} is no text and cannot be edited."
    if text is None:
        return f"{path} does not exist yet."
    if len(text.encode()) <= room:
        return f"{path}, whole ({text.count(chr(10))} lines):\n{fenced(text, 'file')}"
    return f"{path}, parts of it (each copied from the file, blanks and all):\n{_parts(text, candidate, path, room)}"


def _parts(text: str, candidate: Candidate, path: str, room: int) -> str:
    lines = text.split("\n")
    wanted = [item.line - 1 for item in candidate.evidence if item.path == path and item.line]
    words = {word.lower() for word in re.findall(r"\w{4,}", f"{candidate.subject} {candidate.summary}")}
    scored = sorted(range(len(lines)), key=lambda at: -sum(word in lines[at].lower() for word in words))
    parts: list[str] = []
    used: set[int] = set()
    for at in [*wanted, *scored]:
        start, end = max(0, at - AROUND), min(len(lines), at + AROUND)
        if at in used:
            continue
        part = fenced("\n".join(lines[start:end]), "part", f" lines {start + 1} to {end}")
        if len(part.encode()) > room:
            break
        room -= len(part.encode())
        used.update(range(start, end))
        parts.append(part)
    return "\n".join(parts)


def conventions(tree: Tree, characters: int = CONVENTIONS_CHARACTERS) -> str:
    """The target's own rules for people and agents, read at the base, as data."""
    found = [(path, tree.read(path)) for path in CONVENTIONS]
    texts = [f"{path}:\n{sanitise(content.decode('utf-8', 'replace')).text}" for path, content in found if content]
    whole = capped("\n\n".join(texts), characters)
    return marked(whole, "the repository", characters=characters + 200) if texts else "(it has none written down)"
