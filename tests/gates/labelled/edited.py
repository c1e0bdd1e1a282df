"""Labelled patches written as edits of a few small projects, each a whole tree: what a change does inside honest files.

`round_five.jsonl`, `round_six.jsonl` (commands), `round_six_tests.jsonl`, `round_seven.jsonl` and `round_eight.jsonl` hold one change a line: its base, and its
edits: a path to a new text, to None (deleted), or to pairs
of old and new text; `old -> new` moves a file. What speaks to models or cannot be seen stands there in base 85. Where a
credential or checksum belongs, a mark stands for it: `«H40»`, or `«H40:x»` where the same one is meant again.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.gates.labelled import Labelled
from tests.gates.made import made

HERE = Path(__file__).parent
ROUNDS = ("round_five", "round_six", "round_six_tests", "round_seven", "round_eight", "round_eight_tests")
BASES: Mapping[str, Mapping[str, str]] = {
    name: files for each in ROUNDS for name, files in json.loads((HERE / f"{each}_bases.json").read_text()).items()
}


def filled(text: str, name: str) -> str:
    """The text with every mark replaced by random characters of its alphabet, always the same ones for a name."""
    chance = random.Random(name)

    def one(match: re.Match[str]) -> str:
        source = random.Random(match[3]) if match[3] else chance
        alphabet, length = match[1], int(match[2])
        tried = (made(alphabet, length, source) for _ in range(50))
        return next(value for value in tried if length < 12 or alphabet not in "ABW" or _is_mixed(value))

    return re.sub(r"«([A-Z])(\d+)(?::(\w+))?»", one, text)


def _is_mixed(value: str) -> bool:
    return all(any(map(kind, value)) for kind in (str.isdigit, str.islower, str.isupper))


def _edited(files: Mapping[str, str], edits: Mapping[str, Any]) -> dict[str, str]:
    result = dict(files)
    for path, edit in edits.items():
        old, arrow, new = path.partition(" -> ")
        text = result.pop(old, "") if arrow else result.get(old, "")
        if edit is None and not arrow:
            del result[old]
        elif isinstance(edit, str):
            result[new or old] = edit
        else:
            for before, after in edit or ():
                assert before in text, (path, before)
                text = text.replace(before, after, 1)
            result[new or old] = text
    return result


def _labelled(row: Mapping[str, Any]) -> Labelled:
    edits = row["edits"] if "edits" in row else json.loads(base64.b85decode(row["edits85"]))
    before = {**BASES[row["base"]], **row.get("extra", {})}
    sides = [
        {path: filled(text, row["name"]) for path, text in side.items()} for side in (before, _edited(before, edits))
    ]
    return Labelled(
        name=row["name"],
        label=row["label"],
        family=row["family"],
        before=sides[0],
        after=sides[1],
        modes=row.get("modes", {}),
        target_paths=tuple(row["paths"]),
        class_=row["class"],
    )


PATCHES = [_labelled(json.loads(line)) for each in ROUNDS for line in (HERE / f"{each}.jsonl").read_text().splitlines()]
