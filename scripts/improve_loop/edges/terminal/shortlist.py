"""The shortlist on a terminal: a table where there is room, a list where there is not."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from improve_loop.edges.terminal.diff import show_diff
from improve_loop.edges.terminal.style import NARROW, explained, hanging, rich_line
from improve_loop.model.find import Ranked, Shortlist
from improve_loop.rules.render import diff
from improve_loop.rules.render.places import place
from improve_loop.rules.render.text import counted, one_line


def show_shortlist(shortlist: Shortlist, previews: Mapping[str, str], console: Console) -> None:
    """The few that are worth a human's minute. `previews` maps a candidate's id to its patch."""
    ranked = shortlist.shortlisted
    if not ranked:
        console.print(Text(f"Nothing to ask: {counted(shortlist.found, 'candidate')} found, none worth your minute."))
    elif console.width < NARROW:
        console.print(hanging((_rank(one), Text("\n").join([_title(one), *_facts(one, previews)])) for one in ranked))
    else:
        console.print(_table(shortlist, previews))
    if shortlist.dropped:
        console.print(Text(f"{counted(len(shortlist.dropped), 'other')} dropped; the report says why.", style="dim"))


def show_candidate(one: Ranked, previews: Mapping[str, str], console: Console) -> None:
    """Everything a person needs to decide on one candidate: why, evidence, risk, the change itself."""
    candidate, explanation = one.candidate, one.explanation
    console.print(hanging([(_rank(one), Text("\n").join([_title(one), rich_line(_beside_title(one))]))]))
    said = {
        "why": explanation.why_here if explanation else candidate.value_for_us,
        "risk": explanation.could_go_wrong if explanation else "",
        "care": candidate.safety_story or "",
    }
    rows = [(Text(f"{name:>8}", style="dim"), explained(text)) for name, text in said.items() if text]
    for item in candidate.evidence:
        where = Text(one_line(place(item.path, item.line) or item.url or "quoted"))
        rows.append((Text("evidence", style="dim"), where.append(f"  {one_line(item.quote)}", style="cyan")))
    rows.append((Text("facts", style="dim"), Text("\n").join(_facts(one, previews))))
    console.print(hanging(rows))
    if one.candidate.id in previews:
        show_diff(previews[one.candidate.id], console)


def _rank(one: Ranked) -> Text:
    return Text(f"{one.rank}.", style="cyan")


def _title(one: Ranked) -> Text:
    return Text(one_line(one.explanation.title if one.explanation else one.candidate.summary), style="bold")


def _beside_title(one: Ranked) -> str:
    """What the title does not say already."""
    candidate = one.candidate
    same = one.explanation is None or one.explanation.title == candidate.summary
    return candidate.value_for_us if same else candidate.summary


def _change(one: Ranked, previews: Mapping[str, str]) -> str:
    if one.candidate.id in previews:
        files = diff.files(previews[one.candidate.id])
        return f"+{sum(file.added for file in files)} -{sum(file.removed for file in files)}"
    return f"+{one.preview.added} -{one.preview.removed}" if one.preview else "by a model"


def _facts(one: Ranked, previews: Mapping[str, str]) -> list[Text]:
    candidate = one.candidate
    text = f"score {one.score:.1f} · value {candidate.value} · risk {candidate.risk} · {_change(one, previews)}"
    conflicts = one.preview.conflicts_with if one.preview else ()
    beside = [Text(f"does not merge beside {id}", style="yellow") for id in conflicts]
    return [Text(text, style="dim"), *beside]


def _table(shortlist: Shortlist, previews: Mapping[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    table.add_column("#", justify="right", style="cyan")
    table.add_column("Improvement", ratio=1, overflow="fold")
    for name in ("Score", "Value", "Risk", "Change"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in shortlist.shortlisted:
        summary = rich_line(_beside_title(one), 300, "dim")
        paths = Text(one_line(", ".join(one.candidate.target_paths), 200), style="dim")
        table.add_row(
            str(one.rank),
            Text("\n").join([_title(one), summary, paths, *_facts(one, previews)[1:]]),
            f"{one.score:.1f}",
            one.candidate.value,
            one.candidate.risk,
            _change(one, previews),
        )
    return table
