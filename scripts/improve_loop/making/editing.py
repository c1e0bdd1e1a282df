"""The maker: edits as text, applied in memory, inspected, repaired at most three times, on one tier."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from improve_loop.edges.llm import Message, ModelFailed
from improve_loop.making import context
from improve_loop.making.diffs import digest
from improve_loop.making.inspecting import not_valid, too_large
from improve_loop.making.made import Reason, Stopped
from improve_loop.making.prompts import filled
from improve_loop.making.work import Work
from improve_loop.rules.applying import Rejected, apply
from improve_loop.rules.edits import EditReply, parse
from improve_loop.rules.model_settings import ModelChoice
from improve_loop.rules.untrusted import one_line, unmarked

REPLY_CHARACTERS = 6_000  # of an earlier reply that is shown again


@dataclass
class _Rounds:
    """What the rounds so far looked like, to see when they lead nowhere."""

    replies: set[str] = field(default_factory=set)
    trees: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def stalled(self, reply: str, tree: str, problems: int) -> tuple[Reason, str] | None:
        """Why another round is pointless; None: it may help."""
        name = hashlib.sha256(reply.strip().encode()).hexdigest()
        untouched = self.trees[0] if self.trees else tree
        verdict: tuple[Reason, str] | None = None
        if name in self.replies:
            verdict = ("same_reply", "the same reply came twice")
        elif len(self.trees) > 1 and tree == self.trees[-1] != untouched:
            verdict = ("same_diff", "a repair left the change as it was")
        elif tree in self.trees[:-1] and tree != self.trees[-1]:
            verdict = ("oscillation", "the change went back to what it was before")
        elif len(self.counts) >= 2 and problems >= self.counts[-1] >= self.counts[-2]:
            verdict = ("same_failure", "two repairs brought no fewer problems")
        self.replies.add(name)
        self.trees.append(tree)
        self.counts.append(problems)
        return verdict


def edited(
    work: Work, role: str, messages: list[Message], choice: ModelChoice, *, may_refuse: bool = False
) -> str | None:
    """Edits the work's texts until they are right. The maker's reason, where it would change nothing and may say so.

    Raises Stopped with the reason where they do not get right; the work's texts are then of no use.
    """
    rounds = _Rounds(trees=[digest(work.changed)])
    problems: list[str] = []
    for number in range(1 + work.limits.repairs):
        try:
            reply = work.asking.text(role, messages, choice)
        except ModelFailed as failed:
            raise Stopped("model_failed", str(failed), escalates=True) from None
        work.rounds += 1
        edits = parse(unmarked(reply, "\n".join(message["content"] for message in messages)))
        work.note(edits.gaps, edits.spill)
        if edits.nothing_because is not None and (may_refuse or not work.by_model):
            work.maker = work.maker or choice
            return one_line(edits.nothing_because, 300)
        _gap(edits)
        before = problems
        reason, problems, applied = _round(work, edits)
        if not problems:
            work.maker = choice
            return None
        stalled = rounds.stalled(reply, digest(work.changed), len(problems))
        if stalled:
            # An edit that comes again no longer fits; what it was told before is why it is not right.
            why = before if stalled[0] == "same_reply" and before else problems
            raise Stopped(stalled[0], f"{stalled[1]}; {one_line(why[0], 300)}")
        if number == work.limits.repairs:
            raise Stopped(reason, one_line("; ".join(problems), 500))
        messages = [*messages, *_repair(work, reply, problems, applied, last=number + 1 == work.limits.repairs)]
    raise AssertionError("the last round returns or raises")


def inspect_as_it_is(work: Work) -> None:
    """Raises Stopped where the change as it stands is not right."""
    if broken := _broken(work):
        raise Stopped("not_valid", one_line("; ".join(broken), 500))


def _broken(work: Work) -> tuple[str, ...]:
    return tuple(not_valid(work.tree.read, work.changed) or work.inspect(work.changed))


def _gap(edits: EditReply) -> None:
    if edits.gaps and not edits.blocks:
        raise Stopped("gap", f"BLOCKING-GAP[kind={edits.gaps[0].name}]: {one_line(edits.gaps[0].text, 300)}")


def _round(work: Work, edits: EditReply) -> tuple[Reason, list[str], list[str]]:
    """Applies one reply: why it is not right yet, in words, and which files it changed."""
    inside = [block for block in edits.blocks if work.may_change(block.path)]
    for block in edits.blocks:
        if not work.may_change(block.path):
            work.spill.setdefault(one_line(block.path, 300), "the maker wrote an edit for it")
    if edits.blocks and not inside and not edits.broken:
        raise Stopped(
            "spill_only", f"every edit was for a file that the candidate may not change: {edits.blocks[0].path}"
        )
    opaque = sorted({block.path for block in inside if work.texts.is_opaque(block.path)})
    done = apply(work.texts.read, [block for block in inside if block.path not in opaque])
    work.texts.over.update({path: text.encode() for path, text in done.texts.items()})
    problems = [
        *edits.broken,
        *map(_told, done.rejected),
        *(f"{path} is no text and cannot be edited" for path in opaque),
    ]
    if not edits.blocks and not edits.broken:
        problems.append("there is no edit in the reply; write blocks as described, or NOCHANGE: and why")
    if problems:
        return "not_applied", problems, sorted(done.texts)
    if not work.by_model:
        return "not_applied", ["the edits leave everything as it was"], []
    large = too_large(work.base, work.by_model, work.limits)
    if large:
        return "too_large", [large], sorted(done.texts)
    return "not_valid", list(_broken(work)), sorted(done.texts)


def _told(wrong: Rejected) -> str:
    nearest = f"\nThe lines of {wrong.path} that come closest are:\n{wrong.closest}" if wrong.closest else ""
    return f"block {wrong.number} ({wrong.path}): {wrong.message}{nearest}"


def _repair(work: Work, reply: str, problems: list[str], applied: list[str], *, last: bool) -> list[Message]:
    work.asking.used("repair")
    hint = "If blocks do not fit, write the file whole, if it has at most 150 lines." if last else ""
    done = f"Your edits of {', '.join(applied)} are applied, but for the blocks below." if applied else ""
    asked: list[Mapping[str, str]] = filled(
        "repair", applied=done or "No edit was applied.", hint=hint, problems="\n\n".join(problems[:5])
    )
    return [{"role": "assistant", "content": reply[:REPLY_CHARACTERS]}, *asked]


def first_messages(work: Work, failure: str = "") -> list[Message]:
    """The task, the plan and the files; `failure` is what another maker could not do."""
    work.asking.used("implement")
    before = f"An earlier attempt failed: {one_line(failure, 400)}\n" if failure else ""
    if work.partial:
        before += f"A tool already did a part of it, in {', '.join(sorted(work.partial))}; do the rest.\n"
    return filled(
        "implement",
        paths=", ".join(work.files),
        files=str(work.limits.files),
        lines=str(work.limits.lines),
        reference=work.asking.reference,
        stranger=work.asking.stranger,
        request=context.request(work.candidate),
        criteria=context.criteria(work.candidate),
        conventions=context.conventions(work.tree, context.MAKERS_CONVENTIONS),
        plan=work.plan or "(the simplest change that does it)",
        before=before,
        contents=context.contents(work.texts, work.files, work.candidate, work.limits),
    )
