"""Prompts are files with named holes. A missing value or one too many is an error; a value is never expanded again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HOLE = re.compile(r"\{\{(\w+)\}\}")
_PART = re.compile(r"^\[(system|user)\]\n", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One prompt of the package: its version, its parts, and the hash of the file."""

    name: str
    version: int
    system: str
    user: str
    sha256: str


@cache
def prompt(name: str) -> Prompt:
    """The prompt `prompts/<name>.md`."""
    text = (files("improve_loop") / "prompts" / f"{name}.md").read_text(encoding="utf-8")
    head, *parts = _PART.split(text)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    return Prompt(
        name=name,
        version=int(head.removeprefix("version:")),
        system=sections.get("system", "").strip("\n"),
        user=sections["user"].strip("\n"),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def holes(name: str) -> frozenset[str]:
    """The names that a prompt wants filled."""
    wanted = prompt(name)
    return frozenset(_HOLE.findall(wanted.system + wanted.user))


def filled(name: str, **values: str) -> list[Mapping[str, str]]:
    """The prompt as messages. Raises KeyError where a value is missing or has no hole."""
    if set(values) != holes(name):
        wrong = sorted(set(values) ^ holes(name))
        raise KeyError(f"prompts/{name}.md: not one value for each hole: {', '.join(wrong)}")
    wanted = prompt(name)
    parts = [("system", wanted.system), ("user", wanted.user)]
    return [
        {"role": role, "content": _HOLE.sub(lambda hole: values[hole.group(1)], text)} for role, text in parts if text
    ]
