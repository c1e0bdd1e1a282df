"""What of an editor's or a dev container's files only says how somebody likes to work, and what acts."""

from __future__ import annotations

import re

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy

_EDITOR = lazy(r"(?:^|/)\.vscode/(?:settings|extensions)\.json$")
_CONTAINER = lazy(r"(?:^|/)\.devcontainer(?:\.json$|/(?:[\w-]+/)?devcontainer\.json$)")
_CONTAINER_SCRIPT = lazy(r"(?:^|/)\.devcontainer/[\w./-]+\.(?:sh|bash)$")
_ACTS = lazy(
    r"(?i)approve|terminal|command|shell|\benv|task|mcp|trust|exec|interpreter|path\"|server|agent|chat|copilot|proxy|https?:|script|automation|auto\w*run|folderopen"
)
_SIMPLE = lazy(r"\s*(?:[{}]|\"[\w.-]{1,80}\"\s*:\s*(?:true|false|null|-?\d{1,6}|\"[A-Za-z]{1,20}\")),?\s*$")
_SETTING = lazy(r"\s*\"([\w./-]{1,80})\"\s*:\s*(\"[^\"\s]{6,120}\"),?\s*$")
_IMAGE = lazy(r"\s*\"image\"\s*:\s*\"([\w./-]{1,120}):[\w.-]{1,60}\",?\s*$")
_NAMED = lazy(r"\s*\"name\"\s*:\s*\"[\w .-]{1,60}\",?\s*$")


def is_taste(file: FileDelta) -> bool:
    """Whether no line that an editor or a dev container gets newly runs, approves, fetches or connects anything."""
    if _EDITOR.search(file.path):
        return file.status == "deleted" or (file.status in ("added", "modified") and _only_likes(file))
    if file.status != "modified" or file.new_mode != file.old_mode:
        return False
    if _CONTAINER.search(file.path):
        images = {match[1] for line in file.removed if (match := _IMAGE.match(line.text[:500]))}
        return bool(images) and all(_is_known(line.text[:500], images) for line in (*file.added, *file.removed))
    return bool(_CONTAINER_SCRIPT.search(file.path))  # read as a script by the other families


def _only_likes(file: FileDelta) -> bool:
    if file.status == "added":
        lines = (line.text[:2_000] for line in file.added)
        return all(_SIMPLE.match(text) and not _ACTS.search(text) for text in lines if text.strip())
    before = [match for line in file.removed if (match := _SETTING.match(line.text[:500]))]
    return all(
        not _ACTS.search(line.text[:2_000]) or any(_says_the_same(line.text[:500], old) for old in before)
        for line in file.added
    )


def _says_the_same(text: str, old: re.Match[str]) -> bool:
    """Whether a setting only has another name: the same value, and a word of the old name."""
    new = _SETTING.match(text)
    return new is not None and new[2] == old[2] and bool(_words(new[1]) & _words(old[1]))


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"\W+", name) if len(word) > 3}


def _is_known(text: str, images: set[str]) -> bool:
    """Whether a line of a dev container names another version of the same image, or nothing that acts."""
    image = _IMAGE.match(text)
    return not text.strip(" \t{}[],") or (image is not None and image[1] in images) or bool(_NAMED.match(text))
