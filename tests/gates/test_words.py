"""Every pattern that is only tried where one of its words stands needs one of them: proved from the pattern itself."""

from __future__ import annotations

import pytest

import improve_loop.gates  # noqa: F401  (imports every module that makes a pattern)
from improve_loop.rules.gating import orders
from improve_loop.rules.gating.commands import context, trusting
from improve_loop.rules.gating.lazy import WORDED, Worded
from improve_loop.rules.gating.secrets import names
from improve_loop.rules.gating.supply import lines as supply
from improve_loop.rules.gating.testing import asserts, checks, narrowed, providers, settings, silenced, swallow
from tests.support.needed import without

BEHIND = {
    "blanket": (silenced._BLANKET, silenced._BLANKET_WORDS),
    "limits": (settings._HIGHER_IS_STRICTER, settings._LIMITS),
    "lower limits": (settings._LOWER_IS_STRICTER, settings._LIMITS),
    "checks": (checks._RUNS, checks._RUN_WORDS),
    "actions": (checks._ACTION, checks._RUN_WORDS),
    "swallowed": (swallow._SWALLOWED, swallow._DROPS_WORDS),
    "flags": (swallow._FLAG, swallow._DROPS_WORDS),
    "keys": (swallow._KEYS, swallow._DROPS_WORDS),
    "set +e": (swallow._SET_E, swallow._DROPS_WORDS),
    "installs": (supply._INSTALL, supply._TOOL_WORDS),
    "test runs": (narrowed._TEST_RUN, narrowed._TEST_TOOLS),
    "deletes in steps": (context._DELETES_ALL, context._STEPS),
    "locked installs": (supply._LOCKED, supply._LOCKS),
    "skipped builds": (swallow._SKIPPED_BUILD, swallow._SKIPPING_BUILDS),
    "providers of rows": (providers._NAMED, providers._NAMING),
    "listings": (context._LISTS, context._LISTINGS),
    "trusting checks": (trusting._CHECKS, ("sslsession", "x509")),
    "focus": (asserts._FOCUS, asserts.FOCUSES),
    "passwords": (names._PASSWORD, names.WORDS),
    "tokens": (names._TOKEN, names.WORDS),
    "orders in other languages": (orders.OTHER_LANGUAGES, orders.OTHER_CUES),
}  # patterns behind a look at all added lines


@pytest.mark.parametrize("pattern", WORDED, ids=lambda pattern: pattern.source[:40])
def test_a_pattern_needs_one_of_its_words(pattern: Worded) -> None:
    assert not without(pattern.source, pattern.words, pattern.flags)
    assert all(word == word.lower() for word in pattern.words)


@pytest.mark.parametrize("name", BEHIND)
def test_a_pattern_behind_a_look_needs_one_of_the_words(name: str) -> None:
    pattern, words = BEHIND[name]
    assert not without(pattern.pattern, [word.lower() for word in words], pattern.flags)


def test_what_is_not_needed_is_told() -> None:
    assert without(r"(?i)a(?:bc|de)f?", ["abc"]) == ["ade", "adef"]
    assert without(r"ab{2,3}c|x+y", ["ab", "xy"]) == ["x\0y"]
    assert without(r"(?:foo|bar)?baz", ["foo", "bar"]) == ["baz"]
    assert not without(r"\bfo(?:o|x)[bB]ar\s*$", ["foobar", "foxbar"])
