"""What a terminal shows: complete at any width, and nothing in it that the terminal would obey."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from improve_loop.edges.console import Log
from improve_loop.edges.terminal import (
    TerminalLog,
    open_console,
    show_candidate,
    show_diff,
    show_shortlist,
    show_summary,
)
from improve_loop.model.find import Explanation, Shortlist
from tests.support.reports import HOSTILE, example, full, hostile, quiet, source

SHORTLIST: Shortlist = example(Shortlist)
PREVIEWS = {one.candidate: one.patch for one in full().merge_requests}
WHERE = {"report": "il-out/cleanup/report.html"}
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]")
ALL = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
WIDTHS = pytest.mark.parametrize("width", [20, 60, 100, 200])


def screen(width: int = 100) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        width=width,
        markup=False,
        emoji=False,
        highlight=False,
        color_system="256",
    )


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def plain(console: Console) -> str:
    return ESCAPES.sub("", shown(console))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


class Clock:
    """Seconds that pass when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@WIDTHS
def test_the_shortlist_names_title_score_risk_and_change(width: int) -> None:
    console = screen(width)
    show_shortlist(SHORTLIST, PREVIEWS, console)
    text = squeezed(plain(console))
    for one in SHORTLIST.shortlisted:
        assert one.explanation
        assert squeezed(one.explanation.title) in text or width >= 72
        assert f"{one.score:.1f}" in text
    assert "+3-3" in text
    assert "3othersdropped" in text


@WIDTHS
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    console = screen(width)
    show_shortlist(SHORTLIST, PREVIEWS, console)
    show_candidate(SHORTLIST.shortlisted[1], PREVIEWS, console)
    show_diff("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+" + "word " * 300 + "\n", console)
    assert max(map(len, plain(console).splitlines())) <= width


@WIDTHS
def test_a_diff_shows_every_character_of_every_line(width: int) -> None:
    long = "".join(f"piece-{number}," for number in range(200))
    console = screen(width)
    show_diff(f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-{long}a\n+{long}b\n", console)
    text = squeezed(plain(console))
    assert f"{long}b" in re.sub(r"(?<=,)[-+]|\d+(?=piece)", "", text)
    assert text.count("piece-199,") == 2


def test_a_line_that_folds_cannot_look_like_another_line() -> None:
    console = screen(40)
    show_diff("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+" + "- not removed " * 6 + "\n", console)
    lines = plain(console).splitlines()[2:]
    assert lines[0].startswith("+ ")
    assert all(line.startswith("  ") for line in lines[1:])


def test_a_cut_diff_says_how_much_is_missing() -> None:
    lines = "".join(f"+line {number}\n" for number in range(50))
    console = screen()
    show_diff(f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,50 @@\n{lines}", console, limit=11)
    assert "x  +50 -0" in plain(console)
    assert "… 40 more lines" in plain(console)


def test_a_candidate_is_shown_with_everything_to_decide_by() -> None:
    console = screen(200)
    show_candidate(SHORTLIST.shortlisted[1], PREVIEWS, console)
    for part in (
        "npm ci removes node_modules/",
        ".gitlab-ci.yml:9",
        "risk low",
        "does not merge beside ci-pip04",
        "- .npm/",
    ):
        assert part in plain(console)


def test_the_summary_ends_with_what_to_do_and_where_to_look() -> None:
    console = screen(200)
    report = replace(full(), sources=(source("unreachable", reason="timed out"),))
    show_summary(report, WHERE, console)
    text = plain(console)
    for part in ("2 merge requests for acme/webshop, 1 green", "✓ green  !41", "✕ red  !42", "✕ down  ci: timed out"):
        assert part in text
    assert text.endswith("report  il-out/cleanup/report.html\n")


def test_a_quiet_run_is_short_and_says_so() -> None:
    console = screen()
    show_summary(quiet(), {}, console)
    assert "Nothing to improve in acme/webshop today" in plain(console)
    assert "█" not in plain(console)


@ALL
def test_nothing_of_a_hostile_text_reaches_the_terminal_as_a_command(text: str) -> None:
    console = screen()
    show_summary(hostile(text), {text: text}, console)
    said = Explanation(title=text, what=text, why_here=text, could_go_wrong=text, how_to_revert=text)
    first = SHORTLIST.shortlisted[0]
    poisoned = replace(first, explanation=said, candidate=replace(first.candidate, summary=text, safety_story=text))
    show_shortlist(replace(SHORTLIST, shortlisted=(poisoned,)), {}, console)
    patch = f"diff --git a/{text} b/{text}\n@@ -1 +1 @@ {text}\n-{text}\n+{text}\n"
    show_candidate(poisoned, {first.candidate.id: patch}, console)
    log = TerminalLog(Console(file=console.file, width=100))
    with log.phase(text, text):
        log.say(text)
        log.warn(text)
        log.progress(1, 2, text, 0.1)
    assert not OBEYED.search(plain(console))


def test_no_colour_when_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    show_diff(PREVIEWS[SHORTLIST.shortlisted[1].candidate.id], console)
    show_summary(full(), WHERE, console)
    assert not re.search(r"\x1b\[(?:\d+;)*(?:3|4|9|10)\d(?:;|m)", shown(console))


def test_a_console_takes_nothing_as_markup() -> None:
    console = open_console(io.StringIO())
    console.print("[red]:tada: 1.5[/red]")
    assert shown(console) == "[red]:tada: 1.5[/red]\n"


def test_the_log_says_each_phase_its_time_and_what_it_found() -> None:
    clock, console = Clock(), Console(file=io.StringIO(), width=100)
    log: Log = TerminalLog(console, clock=clock)
    with log.phase("preflight", "is it safe?"):
        clock.now += 0.4
    with log.phase("discover", "what could be better?"):
        log.progress(2, 3, "domains", 0.05)
        log.say("ci: 3 candidates")
        log.warn("cves is down")
        clock.now += 2
    assert shown(console).splitlines() == [
        "✓ preflight  0.4 s  is it safe?",
        "● discover  what could be better?",
        "  ci: 3 candidates",
        "! cves is down",
        "✓ discover  2/3 domains · 2.0 s · $0.05",
    ]


def test_a_phase_that_fails_is_marked_and_the_failure_goes_on() -> None:
    console = Console(file=io.StringIO(), width=100)
    log = TerminalLog(console, clock=Clock())
    with pytest.raises(KeyboardInterrupt), log.phase("check", "do its commands pass?"):
        raise KeyboardInterrupt
    assert shown(console) == "✕ check  0.0 s  do its commands pass?\n"
    assert log.running is None


def test_a_quiet_log_shows_warnings_only() -> None:
    console = Console(file=io.StringIO(), width=100)
    log = TerminalLog(console, quiet=True)
    with log.phase("check", "do its commands pass?"):
        log.say("yes")
        log.warn("no sandbox here")
    assert shown(console) == "! no sandbox here\n"


def test_the_moving_line_fits_shows_progress_and_rests_while_a_person_is_asked() -> None:
    console = screen(60)
    log = TerminalLog(console, clock=Clock())
    with log.phase("implement", "what is the smallest right change, and a title that is far too long for this line?"):
        log.progress(1, 4, "candidates", 1.25)
        assert log.live
        log.live.refresh()
        with log.pause():
            assert log.live is None
            before = len(shown(console))
            console.print("accept?")
            assert shown(console)[before:] == "accept?\n"
        assert log.live
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown(console))
    assert "1/4 candidates · 0.0 s · $1.25" in text
    assert max(len(line.rstrip()) for line in re.split(r"[\r\n]+", text)) <= 60


def test_rich_and_jinja_are_not_imported_before_they_are_needed() -> None:
    code = (
        "import sys, improve_loop.edges.console, improve_loop.rules.render\nprint({*sys.modules} & {'rich', 'jinja2'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="scripts")
    assert done.stdout == "set()\n"
