"""No pattern backtracks far: hostile lines cost each rule, and the whole gate, little."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

from improve_loop import gates
from improve_loop.gates import judge
from improve_loop.rules import gating
from improve_loop.rules.gating.commands import settings
from improve_loop.rules.gating.commands.table import ROWS
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.scratch import scratch_delta
from improve_loop.rules.gating.secrets.places import PLACES
from improve_loop.rules.gating.secrets.tokens import TOKENS

PATTERNS = {
    **{f"{place.name} {number}": (place.pattern, place.keywords) for number, place in enumerate(PLACES)},
    **{token.shape: (token.pattern, (token.keyword,)) for token in TOKENS},
    **{
        f"{row.rule} {number}": (row.pattern, row.keywords)
        for number, row in enumerate((*ROWS, *settings.MANIFEST, *settings.TERRAFORM, *settings.CODE))
    },
}
FILL = ("a", " ", "a=", "'", "/", "$(", "a ", "://a:", "{", "0x41,", "aB3-", "-a ", "a.b.")
LENGTH = 2_000
FILLS = ("a", " ", "a,", "1", "1,", "'", "/", "(", "a.", "a ", "\\", "a(", "a=")


def hostile(keywords: tuple[str, ...]) -> Iterator[str]:
    """Lines that make a careless pattern go over the same text again and again."""
    for fill in FILL:
        yield (fill * LENGTH)[:LENGTH]
        for keyword in keywords[:2]:
            yield keyword + " " + (fill * LENGTH)[:LENGTH]
            yield ((keyword + " " + fill) * LENGTH)[:LENGTH]


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_spends_long_on_a_hostile_line(name: str) -> None:
    source, keywords = PATTERNS[name]
    pattern = re.compile(source)
    pattern.search("x")
    for line in hostile(keywords):
        started = time.process_time()
        pattern.search(line)
        seconds = time.process_time() - started
        assert seconds < 0.15, f"{seconds:.2f} s on {line[:40]!r}"


def every_lazy() -> dict[str, re.Pattern[str]]:
    """All patterns that modules of the gates keep by a name, by module and name."""
    packages = (gates, gating)
    modules = [
        import_module(found.name) for each in packages for found in walk_packages(each.__path__, each.__name__ + ".")
    ]
    kept = [
        (module.__name__.rpartition("gating.")[2], name, each)
        for module in modules
        for name, each in vars(module).items()
    ]
    pairs = [(f"{module} {name}", getattr(each, "_lazy", each)) for module, name, each in kept]
    return {
        name: each for name, each in pairs if isinstance(getattr(each, "pattern", None), str) and hasattr(each, "match")
    }


LAZY = every_lazy()


def test_no_named_pattern_goes_over_a_line_in_more_than_two_ways() -> None:
    """What is quadratic on short lines is bounded by the cut of lines; what is worse shows on a few hundred characters."""
    slow = {name: line for name, pattern in LAZY.items() if (line := _slow(pattern)) is not None}
    assert len(LAZY) > 500
    assert not slow


def _slow(pattern: re.Pattern[str]) -> str | None:
    """A line on which a pattern takes long, as short as there is one, so that an endless one is found in time."""
    pattern.search("")  # compiles it
    starts = ["", *(f"{word} " for word in re.findall(r"[A-Za-z_]{3,}", str(pattern.pattern))[:2])]
    for length in (30, 45, 60, 80, 300):
        for line in [f"{start}{(fill * length)[:length]}!" for fill in FILLS for start in starts]:
            started = time.process_time()
            pattern.match(line)
            pattern.search(line)
            if time.process_time() - started > 0.1:
                return line
    return None


@pytest.mark.parametrize(
    "path", ["a.py", "run.sh", ".gitlab-ci.yml", "a.test.js", "package.json", "x.tf", "a.txt", "m.sql"]
)
def test_the_worst_megabyte_line_is_judged_within_a_second(path: str) -> None:
    for fill in ("a", "'a' + ", "password='", "\\x41", "rm -rf ", "aB3+/x", "assert ", " ", "\u0430"):
        delta = scratch_delta({}, {path: (fill * 1_000_000)[:1_000_000].encode() + b"\n"})
        started = time.process_time()
        found = judge(delta, None, Policy())
        seconds = time.process_time() - started
        assert seconds < 1.0, f"{seconds:.2f} s on {fill!r}"
        assert any(finding.rule == "kinds/long-line" for finding in found)
