"""Focus in any test file, and skips outside of cases in a file that was there before; net."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta, Line
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.testing.asserts import FOCUSES, is_focus, is_skip
from improve_loop.rules.gating.testing.cases import cases_of, squeezed
from improve_loop.rules.gating.testing.table import SKIPPED


def _is_of_a_fresh_case(file: FileDelta, number: int) -> bool:
    """Whether a line of decorators belongs to a case that the file did not have, and no fewer cases run than before."""
    lines = file.new_text.split("\n")
    if not lines[number - 1].lstrip().startswith("@"):
        return False
    below = "\n".join(lines[number : number + 8])
    match = re.search(r"\b(?:def|fun|void)\s+(\w+)\s*\(", below)
    old, new = cases_of(file.old_path or file.path, file.old_text), cases_of(file.path, file.new_text)
    runs = [sum(not case.skipped for case in cases) for cases in (old, new)]
    return bool(match) and match is not None and match[1] not in file.old_text and runs[1] >= runs[0]


def _is_of_an_old_title(file: FileDelta, text: str) -> bool:
    """Whether a line skips what stood there under the same title and ran."""
    if text.lstrip().startswith("@"):
        return False  # what an annotation says is a reason
    title = re.search(r"['\"`]([^'\"`]{3,200})['\"`]", text[:500])
    return title is not None and any(
        title[1] in line.text and not is_skip(line.text, kind_of(file.path)) for line in file.removed
    )


def _was_there(line: Line, file: FileDelta) -> bool:
    """Whether a line only breaks lines that went, or joins them: what it says stood there as it is."""
    whole = "".join(squeezed(gone.text) + "," * gone.text.rstrip().endswith(",") for gone in file.removed)
    return squeezed(line.text) in whole


def skip_lines(file: FileDelta) -> Iterator[GateFinding]:
    """Where each stands."""
    kind = kind_of(file.path)
    near = (file.added[index] for index in file.added_lines.holding(FOCUSES))
    focus = [line for line in near if is_focus(line.text)]
    if len(focus) > sum(is_focus(line.text) for line in file.removed):
        yield SKIPPED.at(file.path, focus[0].number, detail=focus[0].text.strip()[:80])
    if file.old is None:
        return
    skips = [line for line in file.added if is_skip(line.text, kind) and not _is_of_a_fresh_case(file, line.number)]
    before = sum(is_skip(line.text, kind) for line in file.removed)
    kept = [line for line in skips if before and _was_there(line, file)][:before]
    skips, before = [line for line in skips if line not in kept], before - len(kept)
    if of_old := [line for line in skips if _is_of_an_old_title(file, line.text)]:
        yield SKIPPED.at(file.path, of_old[0].number, detail=of_old[0].text.strip()[:80])
        return
    fresh_cases = len(cases_of(file.path, file.new_text)) - len(cases_of(file.old_path or file.path, file.old_text))
    if len(skips) - before > max(0, fresh_cases):
        yield SKIPPED.at(file.path, skips[0].number, detail=skips[0].text.strip()[:80])
