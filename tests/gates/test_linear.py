"""No pattern backtracks far: hostile lines cost each rule, and the whole gate, little."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from improve_loop.gates import judge
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
