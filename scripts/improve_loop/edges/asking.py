"""Asking the person at the terminal about each candidate: yes, no with a reason, later, details, all, quit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from improve_loop.edges.console import Log, harmless
from improve_loop.model.ask import Declined
from improve_loop.model.find import Ranked, Shortlist

QUESTION = "Make this change? [y]es, [n]o, [l]ater, [d]etails, [a]ll from here, [q]uit"
Ask = Callable[[str], str]  # shows a prompt, returns the answer; raises EOFError at the end of input
Show = Callable[[str], None]


@dataclass
class Answers:
    """What was said, as it is said."""

    accepted: list[str] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    later: list[str] = field(default_factory=list)


class CutOff(KeyboardInterrupt):
    """Ctrl-C at a question. A no that was said before it holds; a yes does not: the run goes no further."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self.answers = answers


def ask_each(shortlisted: tuple[Ranked, ...], ask: Ask, show: Show, details: Callable[[Ranked], None]) -> Answers:
    """Goes through the shortlist. Quitting, or the end of input, leaves the rest for later: silence is never yes.

    Raises CutOff at Ctrl-C.
    """
    answers = Answers()
    everything = False
    for position, each in enumerate(shortlisted):
        id = each.candidate.id
        if everything:
            answers.accepted.append(id)
            continue
        show(f"\n{position + 1}/{len(shortlisted)}  {each.candidate.summary}")
        rest = [other.candidate.id for other in shortlisted[position:]]
        try:
            answer = _answered(each, ask, show, details)
            if answer != "q":
                _note(answers, id, answer, ask)
        except KeyboardInterrupt:
            raise CutOff(Answers(declined=answers.declined, later=[*answers.accepted, *answers.later, *rest])) from None
        if answer == "q":
            answers.later += rest
            break
        everything = answer == "a"
    return answers


def _answered(each: Ranked, ask: Ask, show: Show, details: Callable[[Ranked], None]) -> str:
    while True:
        try:
            answer = ask(QUESTION).strip().lower()[:1]
        except EOFError:
            return "q"
        if answer == "d":
            details(each)
        elif answer in ("y", "n", "l", "a", "q"):
            return answer
        else:
            show("Answer with one of y, n, l, d, a, q.")


def _note(answers: Answers, id: str, answer: str, ask: Ask) -> None:
    if answer in ("y", "a"):
        answers.accepted.append(id)
    elif answer == "n":
        answers.declined.append(Declined(id=id, reason=_reason(ask)))
    else:
        answers.later.append(id)


def _reason(ask: Ask) -> str:
    try:
        said = ask("Why not? (remembered, and shown when it is found again)")
    except EOFError:
        return "no reason given"
    return harmless(said.encode("utf-8", "replace").decode()).strip() or "no reason given"


def ask_at_terminal(shortlist: Shortlist, previews: Mapping[str, str], log: Log) -> Answers:
    """Shows the shortlist on the terminal and asks about each; the progress display steps aside meanwhile."""
    from improve_loop.edges import terminal

    console = terminal.open_console()
    aside = log.pause() if isinstance(log, terminal.TerminalLog) else contextlib.nullcontext()
    with aside:
        terminal.show_shortlist(shortlist, previews, console)
        return ask_each(
            shortlist.shortlisted,
            ask=lambda prompt: input(f"{prompt} "),
            show=lambda text: console.print(harmless(text), markup=False, highlight=False),
            details=lambda each: terminal.show_candidate(each, previews, console),
        )
