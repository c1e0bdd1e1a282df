"""Edits applied to texts in memory: exact, then without trailing blanks, then re-indented; unique, or rejected.

Nothing fuzzy: approximate matching puts 9 to 14 % of edits with a missing line into the wrong place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from improve_loop.rules.edits import Block

Tier = Literal["exact", "trailing", "indent", "whole"]
Reason = Literal["not_found", "ambiguous", "overlap", "no_such_file", "divider", "too_long", "no_change", "not_text"]
WHOLE_LINES = 150  # an existing file of more lines is not rewritten whole
NAMELESS_LINES = 3  # brackets alone name a place only where so many lines of them stand
MARK = "\ufeff"  # the byte order mark
_WORD = re.compile(r"\w")
SHOWN_LINES = 30


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A block that was not applied, with the real lines that come closest to what it searched for."""

    number: int
    path: str
    reason: Reason
    message: str
    closest: str | None = None


@dataclass(frozen=True, kw_only=True)
class Applied:
    """The texts that changed, whole; and what was rejected. Nothing is written anywhere."""

    texts: Mapping[str, str]
    rejected: tuple[Rejected, ...] = ()
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Splice:
    """Lines `start` to `end` of a text become `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]
    tier: Tier


@dataclass(frozen=True, kw_only=True)
class _Match:
    start: int
    tier: Tier
    added: str = ""  # what the file's lines are indented by, beyond the block's
    removed: str = ""  # and the other way round


def apply(read: Callable[[str], str | None], blocks: Iterable[Block]) -> Applied:
    """Every block against the text as it was read, so their order does not matter. `read` gives None for no file."""
    by_path: dict[str, list[Block]] = {}
    for block in blocks:
        by_path.setdefault(block.path, []).append(block)
    texts: dict[str, str] = {}
    rejected: list[Rejected] = []
    tiers: list[Tier] = []
    for path, mine in by_path.items():
        before = read(path)
        after, used, wrong = _file(before, mine)
        rejected.extend(wrong)
        tiers.extend(used)
        if after is not None and after != before:
            texts[path] = after
    return Applied(texts=texts, rejected=tuple(rejected), tiers=tuple(tiers))


def _file(before: str | None, blocks: Sequence[Block]) -> tuple[str | None, list[Tier], list[Rejected]]:
    whole = next((block for block in blocks if block.kind == "whole" or (before is None and _creates(block))), None)
    if whole is not None:
        return _whole(before, whole, [block for block in blocks if block is not whole])
    if before is None:
        return None, [], [_no(block, "no_such_file", "there is no such file; write it whole") for block in blocks]
    text = _Text(before)
    splices: list[_Splice] = []
    rejected: list[Rejected] = []
    for block in blocks:
        found = _splice(text.lines, block)
        if isinstance(found, _Splice) and any(_overlap(found, other) for other in splices):
            found = _no(block, "overlap", "it touches lines that another block changes; make them one block")
        if isinstance(found, _Splice):
            splices.append(found)
        else:
            rejected.append(found)
    return text.with_splices(splices), [splice.tier for splice in splices], rejected


def _creates(block: Block) -> bool:
    return any(not any(line.strip() for line in search) for search, _ in block.splits)


def _whole(before: str | None, block: Block, others: Sequence[Block]) -> tuple[str | None, list[Tier], list[Rejected]]:
    if others:
        wrong = _no(block, "overlap", "a file is written whole or in blocks, not both, and only once")
        return None, [], [wrong, *(_no(other, "overlap", wrong.message) for other in others)]
    if before is not None and before.count("\n") > WHOLE_LINES:
        return None, [], [_no(block, "too_long", f"the file has more than {WHOLE_LINES} lines; use SEARCH blocks")]
    lines = _unmarked(block.lines if block.kind == "whole" else next(after for search, after in block.splits))
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    text = _Text(before or "")
    return text.of_lines((*lines, "")), ["whole"], []


class _Text:
    """A text as lines; its line ends and byte order mark come back when it is put together."""

    def __init__(self, text: str) -> None:
        self.mark = MARK if text.startswith(MARK) else ""
        self.crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
        body = text.removeprefix(MARK)
        self.lines = (body.replace("\r\n", "\n") if self.crlf else body).split("\n")

    def of_lines(self, lines: Sequence[str]) -> str:
        return self.mark + ("\r\n" if self.crlf else "\n").join(lines)

    def with_splices(self, splices: Sequence[_Splice]) -> str:
        lines = list(self.lines)
        for splice in sorted(splices, key=lambda item: -item.start):
            lines[splice.start : splice.end] = splice.lines
        return self.of_lines(lines)


def _splice(lines: Sequence[str], block: Block) -> _Splice | Rejected:
    """The one place of a block; where its divider is in doubt, the one reading that has a place."""
    sides = [(_unmarked(search), _unmarked(after)) for search, after in block.splits]
    readings = [(search, after, find(lines, search)) for search, after in sides]
    placed = [reading for reading in readings if len(reading[2]) == 1]
    if len(block.dividers) > 1 and len(placed) != 1:
        return _no(
            block, "divider", "it is not clear which ======= divides it; use longer markers, <<<<<<<<< and so on"
        )
    search, after, matches = placed[0] if placed else readings[0]
    if not any(line.strip() for line in search):
        return _no(block, "not_found", "an empty SEARCH is for a new file; copy three or more lines of the file")
    if sum(bool(line.strip()) for line in search) < NAMELESS_LINES and not any(map(_WORD.search, search)):
        # Where one of its lines was left out, such a block fits some other place, and only that one.
        return _no(block, "ambiguous", "these lines hold no word that names a place; add the lines around them")
    if not matches:
        message = "these lines are not in the file; copy them from it exactly"
        return replace(_no(block, "not_found", message), closest=closest(lines, search))
    if len(matches) > 1:
        places = ", ".join(str(match.start + 1) for match in matches[:5])
        return _no(
            block, "ambiguous", f"these lines are in the file {len(matches)} times (lines {places}); add more lines"
        )
    other = _with_one_more(lines, search, matches[0].start)
    if other is not None:
        message = (
            f"from line {other + 1} on the same lines stand with one more between them; add the lines around yours"
        )
        return _no(block, "ambiguous", message)
    shifted = _shifted(after, matches[0])
    if shifted is None:
        return _no(
            block, "not_found", "it fits only with another indentation, and its new lines do not; indent as the file"
        )
    match = matches[0]
    there = tuple(lines[match.start : match.start + len(search)])
    new = shifted if match.tier == "exact" else _kept(there, search, after, shifted)
    if new == there:
        return _no(block, "no_change", "what it writes is what is there")
    return _Splice(start=match.start, end=match.start + len(search), lines=new, tier=match.tier)


def _unmarked(lines: Sequence[str]) -> tuple[str, ...]:
    """Without a byte order mark that was copied with the first line: the file keeps its own."""
    return (lines[0].removeprefix(MARK), *lines[1:]) if lines else ()


def find(lines: Sequence[str], search: Sequence[str]) -> list[_Match]:
    """Every place of the first tier that has any."""
    exact = _places(lines, search)
    if exact:
        return [_Match(start=start, tier="exact") for start in exact]
    bare, wanted = [line.rstrip() for line in lines], [line.rstrip() for line in search]
    trailing = _places(bare, wanted)
    if trailing:
        return [_Match(start=start, tier="trailing") for start in trailing]
    return _indented(bare, wanted)


def _places(lines: Sequence[str], search: Sequence[str]) -> list[int]:
    if not search:
        return []
    size, first = len(search), search[0]
    wanted = list(search)
    last = len(lines) - size
    return [at for at in range(last + 1) if lines[at] == first and list(lines[at : at + size]) == wanted]


def _with_one_more(lines: Sequence[str], search: Sequence[str], found: int) -> int | None:
    """Where else than where it was found the block would fit if one of its lines had been left out; None: nowhere.

    Such a block may fit one other place exactly, and only that one: 4 of 12,000 blocks of 3 to 8 lines did.
    """
    wanted = [line.rstrip() for line in search]
    size = len(wanted)
    for at in range(len(lines) - size):
        if size < 2 or lines[at].rstrip() != wanted[0] or found - size <= at < found + size:
            continue
        there = [line.rstrip() for line in lines[at : at + size + 1]]
        gap = next((n for n in range(size) if there[n] != wanted[n]), size)
        if gap < size and there[gap + 1 :] == wanted[gap:]:
            return at
    return None


def _indented(lines: Sequence[str], search: Sequence[str]) -> list[_Match]:
    """Where every line that is not blank differs from the block's by one and the same indentation."""
    head = next((at for at, line in enumerate(search) if line), None)
    if head is None:
        return []
    found = []
    bare = search[head].lstrip()
    for at in range(len(lines) - len(search) + 1):
        if lines[at + head].lstrip() == bare and (match := _same_but_shifted(lines, search, at, head)):
            found.append(match)
    return found


def _same_but_shifted(lines: Sequence[str], search: Sequence[str], at: int, head: int) -> _Match | None:
    there, wanted = lines[at + head], search[head]
    added = there.removesuffix(wanted) if there.endswith(wanted) else ""
    removed = wanted.removesuffix(there) if wanted.endswith(there) else ""
    if (added + removed).strip() or not added + removed:
        return None
    pairs = zip(lines[at : at + len(search)], search, strict=True)
    same = all(line == wish == "" or (wish and removed + line == added + wish) for line, wish in pairs)
    return _Match(start=at, tier="indent", added=added, removed=removed) if same else None


def _shifted(lines: Sequence[str], match: _Match) -> tuple[str, ...] | None:
    """The new lines with the file's indentation; None where one of them has too little to take away."""
    if any(line.strip() and not line.startswith(match.removed) for line in lines):
        return None
    return (
        tuple(match.added + line[len(match.removed) :] if line.strip() else "" for line in lines)
        if (match.added or match.removed)
        else tuple(lines)
    )


def _kept(
    there: tuple[str, ...], search: Sequence[str], after: Sequence[str], shifted: tuple[str, ...]
) -> tuple[str, ...]:
    """The new lines, but a line that the block did not mean to change stays as it is in the file, blanks and all."""
    tidy = all(line == line.rstrip() for line in there)
    new = [line.rstrip() if tidy else line for line in shifted]
    matcher = difflib.SequenceMatcher(
        None, [line.rstrip() for line in search], [line.rstrip() for line in after], autojunk=False
    )
    for same in matcher.get_matching_blocks():
        new[same.b : same.b + same.size] = there[same.a : same.a + same.size]
    return tuple(new)


def _overlap(one: _Splice, other: _Splice) -> bool:
    return one.start < other.end and other.start < one.end


def closest(lines: Sequence[str], search: Sequence[str]) -> str | None:
    """The real lines that share most with what was searched for; None where nothing comes near."""
    wanted = [line.strip() for line in search]
    bare = [line.strip() for line in lines]
    size = min(len(search), SHOWN_LINES)
    scores = [
        sum(1 for have, wish in zip(bare[at : at + size], wanted, strict=False) if have and have == wish)
        for at in range(max(1, len(lines) - size + 1))
    ]
    best = max(range(len(scores)), key=scores.__getitem__)
    if not scores[best]:
        longest = max(wanted, key=len)
        near = difflib.get_close_matches(longest, {line for line in bare if line}, n=1, cutoff=0.5)
        if not near:
            return None
        best = max(0, bare.index(near[0]) - wanted.index(longest))
    return "\n".join(lines[best : best + size])


def _no(block: Block, reason: Reason, message: str) -> Rejected:
    return Rejected(number=block.number, path=block.path, reason=reason, message=message)
