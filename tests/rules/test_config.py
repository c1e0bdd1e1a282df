"""Bad configuration gets one clear message each: line, key, what was expected, the nearest key; all at once."""

from __future__ import annotations

import pytest

from improve_loop.edges.configuration import from_bytes
from improve_loop.edges.schemas import schema
from improve_loop.errors import ConfigError
from improve_loop.model.config import Check, Config
from improve_loop.sources import SOURCES


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        from_bytes(text.encode(), "c.yml")
    return str(caught.value).splitlines()


def test_no_file_and_an_empty_file_are_all_defaults() -> None:
    assert from_bytes(None, "c.yml") == from_bytes(b"", "c.yml") == from_bytes(b"# nothing\n", "c.yml") == Config()


def test_every_problem_is_told_at_once_with_line_key_and_nearest() -> None:
    text = "intensity: hevy\nlimits:\n  candiates: 3\n  usd: much\n"
    text += "domains:\n  cii: {}\nchecks:\n  - name: t\n    run: make\n"
    assert problems(text) == [
        "c.yml:1: intensity: 'hevy': did you mean heavy?",
        "c.yml:3: limits.candiates: unknown key; did you mean candidates?",
        "c.yml:4: limits.usd: expected a number or nothing, got 'much'",
        "c.yml:5: domains: 'cii': did you mean ci?",
        "c.yml:9: checks[0].run: expected a list, got 'make'",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\nb: 2\n", "c.yml:2: not valid YAML"),
        ("- a\n", "c.yml:1: expected keys and values, got a list"),
        ("limits: {usd: .nan}\n", "c.yml:1: limits.usd: expected a number, got nan"),
        ("limits: {usd_per_day: .inf}\n", "c.yml:1: limits.usd_per_day: expected a number, got inf"),
        ("limits: {shipped_days: 999999999999}\n", "greater than the maximum"),
        ("auto: 'yes'\n", "c.yml:1: auto: expected true or false, got 'yes'"),
        ("auto: true\nauto: false\n", "c.yml:2: auto: given twice, first on line 1"),
        ("limits: {usd: 1, usd_per_candidate: 5}\n", "is more than the whole run may cost (usd: 1)"),
        ("exclude:\n  - reason: because\n", "c.yml:2: exclude[0]: needs at least one of path, domain"),
        ("exclude:\n  - path: a\n", "c.yml:2: exclude[0]: needs reason"),
        ("checks:\n- {name: a, run: [x]}\n- {name: a, run: [y]}\n", "c.yml:3: checks[1].name: 'a' is also the name"),
        ("1: 2\n", "unknown key"),
        ("limits: {candidates: 0}\n", "limits.candidates: 0 is less than the minimum of 1"),
        ("x: &a [*a]\n", "c.yml:1: an anchor contains itself"),
        (
            "a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\n"
            "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d]\n",
            "expands to more than 20000 values",
        ),
        ("*nope\n", "not valid YAML"),
    ],
)
def test_each_kind_of_mistake_is_named(text: str, said: str) -> None:
    assert said in "\n".join(problems(text))


def test_a_byte_order_mark_is_fine_and_other_encodings_are_named() -> None:
    assert from_bytes(b"\xef\xbb\xbfauto: true\n", "c.yml").auto
    with pytest.raises(ConfigError, match=r"c\.yml:2: not UTF-8"):
        from_bytes(b"auto: true\n# caf\xe9\n", "c.yml")


def test_the_schema_knows_exactly_the_domains_that_exist() -> None:
    assert schema("config")["properties"]["domains"]["propertyNames"]["enum"] == list(SOURCES)


def test_values_arrive_typed() -> None:
    config = from_bytes(b"checks:\n- name: unit\n  run: [make, test]\n", "c.yml")
    assert config.checks == (Check(name="unit", run=("make", "test")),)
