"""Long lines of generated files, cut into pieces that overlap, so that every character of them is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from improve_loop.model.delta import FileDelta, Line, TreeDelta
from improve_loop.rules.gating.keywords import CUT
from improve_loop.rules.gating.lazy import worded

OVERLAP = 500  # characters that two pieces share: more than any pattern needs from its keyword to its end
MAX_TEXT = 6_000_000  # characters of long lines of one file; beyond it the file is refused as before

_GENERATED = worded(
    r"(?:^|/)(?:dist|build|out|public|static|assets|vendor|third_party|bundles?|generated|__snapshots__|expected|testdata|fixtures|\.yarn)/|[.-]min\.\w+$|\.(?:map|svg|lock|snap|bundle\.js|ipynb|geojson|chunk\.js)$|(?:^|/)expected[\w.-]*$|(?:^|/)[\w.-]*lock\.(?:json|ya?ml)$",
    *"dist build out public static assets vendor third_party bundle generated __snapshots__ expected testdata fixtures .yarn min. .map .svg lock .snap ipynb geojson chunk".split(),
)


def is_generated_again(file: FileDelta) -> bool:
    """Whether a file that is made by a program, and had such long lines before, is made anew."""
    return (
        file.old is not None
        and bool(_GENERATED.search(file.path))
        and any(len(line) > CUT for line in file.old_text.split("\n"))
        and sum(len(line.text) for line in file.added) <= MAX_TEXT
    )


def in_pieces(delta: TreeDelta) -> TreeDelta:
    """The change with the long added lines of generated files cut; the same one where there are none."""
    if not any(file.added_lines.longest > CUT for file in delta.files):
        return delta
    return replace(delta, files=tuple(_cut(file) if is_generated_again(file) else file for file in delta.files))


def _cut(file: FileDelta) -> FileDelta:
    return replace(file, added=tuple(piece for line in file.added for piece in _pieces(line)))


def long_pieces(file: FileDelta) -> Iterator[Line]:
    """What of the long added lines of a file stands beyond the part that is read of every line."""
    for line in file.added:
        if len(line.text) > CUT:
            yield from list(_pieces(line))[1:]


def _pieces(line: Line) -> Iterator[Line]:
    if len(line.text) <= CUT:
        yield line
        return
    for at in range(0, len(line.text) - OVERLAP, CUT - OVERLAP):
        yield Line(line.number, line.text[at : at + CUT])
