"""Labelled patches: what must be refused (plain and hard) and what must pass. A third is held out of tuning."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Label = Literal["bad", "hard", "fine"]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One patch: what it changes, for which candidate, and what must become of it."""

    name: str
    label: Label
    family: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    target_paths: tuple[str, ...] = ()
    class_: str | None = "code"

    @property
    def held_out(self) -> bool:
        """Whether this one was set aside until the end."""
        return hashlib.sha256(self.name.encode()).digest()[0] % 3 == 0


def kept(name: str) -> list[Labelled]:
    """The patches of a file beside this one, one JSON object a line.

    No credential stands in such a file; what speaks to models or cannot be seen stands there in base 85 (`after85`).
    """
    rows = map(json.loads, Path(__file__).with_name(name).read_text().splitlines())
    return [
        Labelled(
            name=row["name"],
            label=row["label"],
            family=row["family"],
            before=row["before"],
            after=_decoded(row["after85"]) if "after85" in row else row["after"],
            modes=row["modes"],
            target_paths=tuple(row["paths"]),
            class_=row["class"],
        )
        for row in rows
    ]


def _decoded(files: Mapping[str, str]) -> dict[str, str]:
    return {path: base64.b85decode(text).decode("utf-8", "surrogateescape") for path, text in files.items()}


def added(family: str, label: Label, path: str, texts: Iterable[str], class_: str | None = "code") -> list[Labelled]:
    """One patch per text: a new file of this name."""
    return [
        Labelled(
            name=f"{family}: {path}: {text}",
            label=label,
            family=family,
            after={path: f"{text}\n"},
            target_paths=(path,),
            class_=class_,
        )
        for text in texts
    ]


def changed(
    family: str, label: Label, path: str, before: str, afters: Iterable[str], class_: str | None = "code"
) -> list[Labelled]:
    """One patch per text: the file becomes that."""
    return [
        Labelled(
            name=f"{family}: {path}: {after}",
            label=label,
            family=family,
            before={path: before},
            after={path: after},
            target_paths=(path,),
            class_=class_,
        )
        for after in afters
    ]
