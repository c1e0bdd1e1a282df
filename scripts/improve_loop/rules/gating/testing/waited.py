"""Assertions of before that now stand where nobody waits for them: in a thread, a promise, a callback, after `done`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.delta import FileDelta, Line
from improve_loop.rules.gating.kinds import Kind, kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.asserts import assertions_of
from improve_loop.rules.gating.testing.cases import squeezed

_STARTS = lazy(
    r"\bthreading\.Thread\(|\bThread\(target|\bnew\s+Thread\(|\bsetTimeout\(|\bsetImmediate\(|\bqueueMicrotask\(|\bprocess\.nextTick\(|^\s*go\s+func\b|\bspawn\(fn\b|\bTask\.(?:start|async)\(|\bTask(?:\.detached)?\s*\{|\bDispatchQueue\.\w+(?:\([^)\n]*\))?\.async|\bGlobalScope\.(?:launch|async)\b|\bCompletableFuture\.(?:run|supply)Async\(|\bThread\.new\b|\b(?:tokio|thread|std::thread)::spawn\(|\bTask\.Run\(|\basyncio\.(?:create_task|ensure_future)\(|\bexecutor\.submit\("
    r"|^\s*(?!return\b|await\b)[\w.$]+(?:\([^\n]*\))?(?:\.\w+\([^\n]*\))*\.(?:then|catch|finally)\(\s*(?:async\s*)?(?:\(?\w*\)?\s*=>|function\b)"
)
_WAITS = lazy(
    r"\.join\(|\bwait\(|\bwg\.|\bWaitGroup|\bWait\(|\bawait\b|<-\s*\w|\bdone\b|\bexpectation\(|wait(?:For|_for|er)|fulfillment|\bTask\.await|assert_receive|\.get\(|\.result\(|gather\(|runAllTimers|advanceTimers|useFakeTimers|tick\(|\.Wait\(|Semaphore|CountDownLatch|latch\.|yield\b|errgroup|select\s*\{"
)
_AWAITED = lazy(
    r"^\s*(?:return\s+)?await\s+(?=expect\b|expectLater\b|Assert\.Throws|t\.test\(|assert\.(?:rejects|doesNotReject)|expect\.(?:soft|poll))"
)
_PROMISE = lazy(
    r"\bexpectLater\(|\.(?:resolves|rejects)\b|Assert\.Throws|\bt\.test\(|assert\.(?:rejects|doesNotReject)|\)\.(?:not\.)?to(?:HaveURL|HaveText|HaveTitle|BeVisible|BeHidden|BeEnabled|BeDisabled|BeChecked|HaveCount|HaveAttribute|HaveValue|HaveClass|HaveScreenshot|ContainText|BeFocused|BeEditable|BeAttached|HaveCSS|HaveId|HaveRole|Pass)\("
)
_HANDED = lazy(r"\b(?:target\s*=\s*|submit\(|setTimeout\(|setImmediate\(|nextTick\(|spawn\()([A-Za-z_]\w*)\s*[,)]")
_DONE = lazy(r"\s*(?:set(?:Immediate|Timeout)\(\s*)?done(?:\(\s*\)|\s*[,)])[^\n]{0,20}$")
_AWAITS = lazy(r"\b(?:await|return)\b")
NEAR = 30  # lines of one block, and below it, that are read


def unwaited(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and text of each."""
    kind = kind_of(file.path)
    if file.old is None or kind not in ("python", "js", "go", "rust", "java", "ruby", "elixir"):
        return
    yield from _no_longer_awaited(file)
    if kind == "js":
        yield from _done_early(file)
    lines: list[str] = []
    before: frozenset[str] = frozenset()
    for line in file.added:
        match = _STARTS.search(line.text[:500])
        if match is None:
            continue
        lines = lines or file.new_text.split("\n")
        before = before or _asserted(file.old_text.split("\n"), kind)
        inside = _block(lines, line.number - 1) + _of_function(lines, line)
        own = _asserted([line.text[match.start() :], *inside[1:]], kind)
        held = own & before or {one for one in before for text in inside if len(one) > 8 and one in squeezed(text)}
        if held and not _is_waited_for(lines, line, match, len(_block(lines, line.number - 1))):
            yield line.number, line.text.strip()[:80]


def _of_function(lines: Sequence[str], line: Line) -> list[str]:
    """The function of the same test whose name is handed over: what it asserts is not waited for either."""
    name = _HANDED.search(line.text[:500])
    if name is None:
        return []
    defined = re.compile(rf"\s*(?:async\s+)?(?:def|function|fn)\s+{name[1]}\s*\(")
    above = (at for at in range(line.number - 2, max(-1, line.number - NEAR), -1) if defined.match(lines[at]))
    at = next(above, None)
    return [] if at is None else _block(lines, at)


def _asserted(lines: Sequence[str], kind: Kind) -> frozenset[str]:
    """What lines assert, squeezed, and without the wait before it."""
    found = assertions_of(["", *lines], kind, 0)
    return frozenset(re.sub(r"^(?:await|return)|\)+$", "", item.text) for item in found if item.strength)


def _block(lines: Sequence[str], at: int) -> list[str]:
    """A line and those below that stand deeper."""
    indent = _indent(lines[at])
    found = [lines[at]]
    for below in lines[at + 1 : at + NEAR]:
        if below.strip() and _indent(below) <= indent:
            break
        found.append(below)
    return found


def _is_waited_for(lines: Sequence[str], line: Line, match: re.Match[str], size: int) -> bool:
    """Whether something around a block waits for its end."""
    if _AWAITS.search(line.text[: match.start()]) or re.search(r"^\s*(?:return|await)\b", line.text):
        return True
    above = lines[max(0, line.number - 4) : line.number - 1]
    below = lines[line.number - 1 + size : line.number + size + 12]
    around = "\n".join([line.text[: match.start()], *above[-3:], *_same_case(below)])
    inside = "\n".join(lines[line.number - 1 : line.number - 1 + size])
    return bool(_WAITS.search(around) or re.search(r"\bdone\(\)|\bfulfill\(\)|\.Done\(\)|<-|countDown\(", inside))


def _same_case(lines: Sequence[str]) -> list[str]:
    """The lines up to where another case begins."""
    kept = []
    for line in lines:
        if re.match(
            r"\s*(?:(?:async\s+)?def\s|func\s|(?:test|describe|it)\s+[\"']|(?:it|test)\(|@Test|fn\s|#\[)", line
        ):
            break
        kept.append(line)
    return kept


def _no_longer_awaited(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Assertions of promises whose `await` is gone."""
    awaited = {squeezed(_AWAITED.sub("", line.text)) for line in file.removed if _AWAITED.match(line.text[:1_000])}
    for line in file.added if awaited else ():
        text = re.sub(r"^\s*_\s*=\s*", "", line.text[:1_000])
        if squeezed(text) in awaited and _PROMISE.search(text):
            yield line.number, f"no longer awaited: {line.text.strip()}"[:80]


def _done_early(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Where `done` is called beside a callback that asserts, and was called within it."""
    gone = [line for line in file.removed if _DONE.match(line.text[:200])]
    come = [line for line in file.added if _DONE.match(line.text[:200])]
    for old, new in zip(gone, come, strict=False):
        if len(gone) == len(come) and _indent(new.text) < _indent(old.text) and len(file.removed) <= len(gone) + 2:
            yield new.number, "done before what is asserted"


def _indent(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
